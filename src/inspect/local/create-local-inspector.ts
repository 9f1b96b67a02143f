import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InspectionEvent as XStateEvent } from 'xstate';
import { systemClock } from '../../base/clock.ts';
import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { optionNames, wholeNumber } from '../../base/options/check.ts';
import { paced } from '../../base/refusal-pace.ts';
import type { InspectionListener } from '../events.ts';
import type { Inspector } from '../options.ts';
import { EventStreams } from './event-streams.ts';
import { type PageFile, readPage } from './page-files.ts';
import { Inspection } from './record.ts';

/** Options of {@link createLocalInspector}. */
export interface LocalInspectorOptions {
  /** The TCP port of the page, on 127.0.0.1; 0: any free one. Default 0. */
  readonly port?: number | undefined;
}

/** A page on this machine that shows statecharts and requests live; made by {@link createLocalInspector}. */
export interface LocalInspector extends Inspector, AsyncDisposable {
  /** Observer that the options `inspect` take; the inspector itself will do as well. */
  readonly inspect: InspectionListener;
  /** Where the page is: `http://localhost:7000/`. */
  readonly url: string;
  /** Closes the page, and with it what keeps the process running. Senders and servers that it watches go on. */
  close(): Promise<void>;
}

/** The page may use what it brings, and nothing else; nobody may put it into a frame. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/**
 * Serves a page that shows, live, the statecharts of the senders and servers that are given the inspector, and their
 * recent requests. It listens on 127.0.0.1 only, needs no other site, and keeps a bounded amount of what it saw. Other sites
 * are refused, also where they embed it: the page must be asked for as `localhost`, `127.0.0.1` or `[::1]` with its own port,
 * which a tunnel to it must keep.
 *
 * @example
 * ```ts
 * const inspector = await createLocalInspector({ port: 7000 });
 * const sender = await createSender(calc, { address: 'localhost:9000', inspect: inspector });
 * console.log(`look at ${inspector.url}`);
 * await inspector.close();
 * ```
 * @throws CmdStreamError `invalid-argument` for options that are not acceptable; `listen-failed` where the port cannot be
 * had, or the files of the page are not there (a bundle does not carry them).
 */
export function createLocalInspector(options: LocalInspectorOptions = {}): Promise<LocalInspector> {
  return paced(systemClock, open(options));
}

async function open(options: LocalInspectorOptions): Promise<LocalInspector> {
  optionNames('the options of createLocalInspector()', options, ['port']);
  const port = wholeNumber('port', options.port, 0, { min: 0, max: 65_535 });
  const files = await readPage();
  const inspection = new Inspection(systemClock, () => streams.changed());
  const streams = new EventStreams(systemClock, inspection);
  const server = createServer((request, response) => answer(request, response, files, streams, address.port));
  const address = await listen(server, port);
  return {
    inspect: { next: (event) => void (server.listening && inspection.see(event as XStateEvent)) },
    url: `http://localhost:${address.port}/`,
    close,
    [Symbol.asyncDispose]: close,
  };

  async function close(): Promise<void> {
    // Any number of times: an error says that it is not open any more.
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await streams.close();
    server.closeAllConnections();
    await closed;
  }
}

function listen(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const message = `the inspector cannot listen on 127.0.0.1:${port}: ${describeError(error)}`;
      reject(new CmdStreamError('listen-failed', message, { cause: error }));
    });
    server.listen(port, '127.0.0.1', () => resolve(server.address() as AddressInfo));
  });
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, PageFile>,
  streams: EventStreams,
  port: number,
): void {
  const refuse = (status: number, text: string) =>
    response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  const [path = ''] = (request.url ?? '').split('?');
  const file = files.get(path);
  if (!isForHere(request.headers, port)) refuse(403, `ask for localhost:${port}, from no other site`);
  else if (request.method !== 'GET') refuse(405, 'GET only');
  else if (file !== undefined) response.writeHead(200, { ...HEADERS, 'Content-Type': file.type }).end(file.body);
  else if (path !== '/events') refuse(404, 'there is nothing here');
  else if (streams.isFull) refuse(503, `${EventStreams.max} pages look on already`);
  else streams.add(response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream; charset=utf-8' }));
}

/**
 * Whether somebody on this machine asks, and not another site. One whose name leads here (DNS rebinding) says so by `Host`;
 * one that embeds the page, or takes up streams, by `Sec-Fetch-Site`, or `Origin` where the browser is older. What is no
 * browser sends neither.
 */
function isForHere({ host = '', origin, 'sec-fetch-site': site }: IncomingHttpHeaders, port: number): boolean {
  const isOwn = ['localhost', '127.0.0.1', '[::1]'].some(
    (name) => host === `${name}:${port}` || (port === 80 && host === name),
  );
  const isSameSite = site === undefined || site === 'same-origin' || site === 'none';
  return isOwn && isSameSite && (origin === undefined || origin === `http://${host}`);
}
