import { describe, expect, it } from 'vitest';
import { command, createSender, defineProtocol, json, msgpack, result, serve } from '../../../src/index.ts';
import { rejection } from '../../unit/wire/transport/support.ts';
import { expectNothingLeft } from '../support/leaks.ts';

expectNothingLeft();

const first = defineProtocol({
  results: { Found: result<string>() },
  commands: { Find: command<string>().returns('Found') },
});
/** With a Result and a Command more, at the ends. */
const second = defineProtocol({
  results: { Found: result<string>(), Missing: result<{ code: string }>() },
  commands: { Find: command<string>().returns('Found', 'Missing'), Drop: command<string>().returns('Found') },
});

const DOWN = 'the database is down';
const down = () => {
  throw new Error(DOWN);
};

describe.each([msgpack(), json()])('versions of a protocol, with $name', (codec) => {
  it('a newer client takes no error of an older server for a Result', async () => {
    await using server = await serve(first, null, { Find: down }, { codec, exposeErrors: true });
    await using sender = await createSender(second, { address: server.address, codec });
    const error = await rejection(sender.send(second.Find('x')));
    expect(error).toMatchObject({ code: 'command-failed', message: expect.stringContaining(DOWN) });
  });

  it('an older client takes no error of a newer server for a Result', async () => {
    await using server = await serve(second, null, { Find: down, Drop: down }, { codec, exposeErrors: true });
    await using sender = await createSender(first, { address: server.address, codec });
    const error = await rejection(sender.send(first.Find('x')));
    expect(error).toMatchObject({ code: 'command-failed', message: expect.stringContaining(DOWN) });
  });

  it('a Command that an older server does not know fails alone, and says so', async () => {
    await using server = await serve(first, null, { Find: (key) => key }, { codec });
    await using sender = await createSender(second, { address: server.address, codec, clients: 1 });
    const [unknown, known] = await Promise.all([
      rejection(sender.send(second.Drop('x'))),
      sender.send(second.Find('y')),
    ]);
    expect(unknown).toMatchObject({
      code: 'command-invalid',
      mayHaveExecuted: false,
      message: expect.stringMatching(
        /^Drop was not sent: .* knows no such Command: it has 1, since it is of an older version/,
      ),
    });
    expect(known).toEqual({ type: 'Found', value: 'y' });
  });
});
