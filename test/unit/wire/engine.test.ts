import { describe, expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../../src/index.ts';
import { natsEngine } from '../../../src/nats.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { resolveSenderOptions } from '../../../src/sender/resolve-options.ts';
import { resolveServerOptions, type ServerOptions } from '../../../src/server/options.ts';
import { engineCommands, engineWorks } from '../../../src/wire/engine.ts';

const engine = natsEngine({ servers: ['a:1', 'b:2'], service: 'calc' });
const messageOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

describe('an engine', () => {
  it('knows where the clients of a sender connect to', () => {
    expect(resolveSenderOptions({ engine }).address).toEqual(['a:1', 'b:2']);
  });

  it('is refused where it is none', () => {
    const message = `option 'engine' must be an engine such as natsEngine() of cmd-stream/nats; got an object`;
    expect(messageOf(() => resolveSenderOptions({ engine: { name: 'x', addresses: [] } as never }))).toBe(message);
    expect(messageOf(() => resolveServerOptions({ engine: { name: 'x', addresses: [] } as never }))).toBe(message);
  });

  it.each(['address', 'addressRefreshMs', 'serverInfo', 'tls', 'transport'])(
    'has no use for %s of a sender',
    (name) => {
      const message = messageOf(() => resolveSenderOptions({ engine, [name]: 'x' } as never));
      expect(message).toBe(`option '${name}' must be left out where 'engine' is given; got "x"`);
    },
  );

  it.each(['port', 'host', 'tls', 'transport', 'serverInfo', 'authorize', 'goClients', 'maxConnectionAgeMs'])(
    'has no use for %s of a server',
    (name) => {
      const message = messageOf(() => resolveServerOptions({ engine, [name]: 'x' } as ServerOptions));
      expect(message).toBe(`option '${name}' must be left out where 'engine' is given; got "x"`);
    },
  );

  it('is told which Commands may have several Results', () => {
    const calc = defineProtocol({
      results: { Sum: result<number>(), Tick: result<number>({ lastOne: (tick) => tick === 0 }) },
      commands: { Add: command<void>().returns('Sum'), Count: command<void>().returns('Sum', 'Tick') },
    });
    const commands = [
      { name: 'Add', several: false },
      { name: 'Count', several: true },
    ];
    expect(engineCommands(calc[protocolTables])).toEqual(commands);
  });

  it('refuses a Command whose name is no part of a subject', () => {
    const parts = { commands: [{ name: 'a.b', several: false }] };
    const message = `over NATS the name of a Command is of letters, digits, '_' and '-'; got "a.b"`;
    expect(messageOf(() => engine[engineWorks].dialer(parts as never))).toBe(message);
  });
});
