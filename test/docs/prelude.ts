/** What the snippets of the guide take for granted: declared in front of each when they are checked. */
export const PRELUDE = `import {
  CmdStreamError,
  type Codec,
  CommandFailure,
  circuitBreakerHooks,
  composeHooks,
  createCircuitBreaker,
  createSender,
  type HandlerContext,
  type Handlers,
  type Hooks,
  type HooksFactory,
  type Invoker,
  json,
  msgpack,
  serve,
  type Sender,
  type Server,
  type ServerOptions,
} from 'cmd-stream';
import { lengthPrefixed } from 'cmd-stream/codec';
import { createWebSocketInspector } from '@statelyai/inspect';
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import { resolveSrv } from 'node:dns/promises';
import { calc } from './calc.ts';
declare class Calculator {
  add(a: number, b: number): number;
}
declare const sender: Sender<typeof calc>;
declare const server: Server;
declare const receiver: Calculator;
declare const handlers: Handlers<typeof calc, Calculator>;
declare const context: HandlerContext<Calculator, number>;
declare const breaker: ReturnType<typeof createCircuitBreaker>;
declare const signal: AbortSignal;
declare const ca: string, cert: string, key: string, clientCert: string, clientKey: string;
`;

/** What stands in front of the checks of the names that the text mentions. */
export const NAMES_PRELUDE = `import type * as library from 'cmd-stream';
import type * as codec from 'cmd-stream/codec';
import type * as testing from 'cmd-stream/testing';
import type * as inspection from 'cmd-stream/inspect';
import { calc } from './calc.ts';
type KeysOf<T> = T extends unknown ? keyof T & string : never;
type Options = library.SenderOptions | library.ServerOptions | library.MultiSendOptions | library.InspectOptions;
type Known =
  | keyof typeof library
  | keyof typeof codec
  | keyof typeof inspection
  | library.CmdStreamErrorCode
  | library.CommandFailureKind
  | Extract<library.DispatchOption, string>
  | KeysOf<Options | library.DrainOptions | library.ClientTlsOptions | library.ServerTlsOptions>
  | KeysOf<library.KeepaliveOptions | library.BackoffOptions | library.CircuitBreakerOptions>
  | KeysOf<NonNullable<Parameters<typeof library.json>[0]> | library.ResultOptions<never>>
  | KeysOf<Parameters<typeof library.defineProtocol>[0] | library.CommandBuilder<unknown, unknown>>
  | KeysOf<library.Sender<typeof calc> | library.Server | library.ClientGroup | library.GroupStatus>
  | KeysOf<library.Hooks | library.HandlerContext<unknown> | library.DispatchStrategy>
  | KeysOf<library.CmdStreamError | typeof library.CmdStreamError | library.TaggedResult<string, unknown>>
  | keyof typeof testing
  | KeysOf<testing.Simulation | testing.SimulationResult<unknown>>;
declare function known(name: Known): void;
declare const sender: library.Sender<typeof calc>;
declare const server: library.Server;
declare const context: library.HandlerContext<unknown>;
declare const options: {
  (sender: Partial<library.SenderOptions>): void;
  (server: library.ServerOptions): void;
  (inspect: Partial<library.InspectOptions>): void;
};
declare const listener: () => void, timeoutMs: number, n: number, ca: string, cert: string, key: string;
declare const timeMs: number, windowSize: number, failureRate: number, openDurationMs: number, successThreshold: number;
`;

/** Words in code that are no names of the library: of JavaScript, and of arguments. */
export const NOT_NAMES = [
  ...['await', 'using', 'for', 'const', 'of', 'true', 'false', 'AbortSignal', 'T'],
  ...['change', 'listener', 'ready', 'handler', 'command', 'deadline', 'options', 'protocol', 'inner', 'breaker', 'n'],
  ...['undefined', 'null', 'void', 'number', 'node', 'rewriteRelativeImportExtensions'],
  ...['error', 'instanceof', 'JSON', 'stringify', 'next', 'throw', 'new'],
];

/** Types of `cmd-stream/testing` that the text mentions. */
export const TESTING_TYPES = ['VirtualClock', 'SeededRandom', 'SimulationFailed'];
