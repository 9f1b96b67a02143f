import { createSender } from 'cmd-stream';
import { expect, it } from 'vitest';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { CODECS, describeWithGo, GoClient, type PeerLine } from '../support/go-peers.ts';
import { commandOf, liveService } from '../support/live-services.ts';
import { OurServer } from '../support/our-server.ts';
import type { Whole } from '../support/protocol.ts';
import { useTlsFiles } from '../support/tls-files.ts';

// A handler of a server of this library fails while an unmodified Go client waits for its Result, and for another one.

expectNothingLeft();

const files = useTlsFiles();

const MESSAGE = 'no <such> luck';

/** What the scenario `fail` says of what is no right or wrong, by the name of the event. */
const told = (client: GoClient): Record<string, PeerLine> =>
  Object.fromEntries(client.events.flatMap((line) => (line.event === undefined ? [] : [[line.event, line]])));

describeWithGo('a Go client whose Command fails at a server with goClients: true', () => {
  const routes = [...CODECS.map((codec) => [codec, 'TCP'] as const), ['json', 'TLS'] as const];

  it.concurrent.for(routes)(
    'gets an error, reconnects and is answered again: %s over %s',
    async ([codec, over], { expect }) => {
      const secure = over === 'TLS';
      const options = secure ? { goClients: true, tls: files.server } : { goClients: true };
      await using server = await OurServer.start(codec, options);
      const flags = secure ? ['--reconnect', ...files.clientFlags] : ['--reconnect'];
      await using client = GoClient.start(server.address, codec, 'fail', flags);
      expect(await client.ended, client.lines.join('\n')).toBe(0);
      expect(client.events).toContainEqual(expect.objectContaining({ step: 'the Send gets an error', error: 'EOF' }));
      expect(told(client)).toMatchObject({
        neighbour: { ok: false, error: 'EOF' },
        connection: { closed: true, error: 'EOF' },
        after: { usable: true },
      });
      expect(server).toMatchObject({ accepted: 2, handlerErrors: [{ message: MESSAGE }] });
      expect(server.executed).toMatchObject({ Delay: 1, Fail: 1 });
      // More than one where a Result came too late for the client.
      expect(server.executed.Add).toBeGreaterThanOrEqual(1);
      await expect.poll(() => server.lost.length).toBe(2);
      expect(server.lost).toMatchObject([{ code: 'command-failed', message: MESSAGE }, undefined]);
    },
  );

  it('gets an error, and that is it where it does not reconnect', async () => {
    await using server = await OurServer.start('json', { goClients: true });
    await using client = GoClient.start(server.address, 'json', 'fail');
    expect(await client.ended, client.lines.join('\n')).toBe(0);
    expect(told(client)).toMatchObject({ connection: { error: 'EOF' }, after: { usable: false, senderClosed: true } });
    expect(server.executed).toEqual({ Delay: 1, Fail: 1 });
  });

  it('still gets what was sent before', async () => {
    async function* breakOff() {
      yield { N: 5, Last: false };
      yield { N: 4, Last: false };
      throw new Error(MESSAGE);
    }
    await using server = await OurServer.start('json', {
      goClients: true,
      invoker: ({ payload }, _context, next) => (Number((payload as { From: Whole }).From) === 5 ? breakOff() : next()),
    });
    await using client = GoClient.start(server.address, 'json', 'stream');
    expect(await client.ended).toBe(1);
    expect(client.failed).toContainEqual(expect.objectContaining({ step: 'countdown from 5', ticks: 2, error: 'EOF' }));
  });

  it('gets an error for a Result that cannot be sent', async () => {
    await using server = await OurServer.start('json', { goClients: true });
    await using client = GoClient.start(server.address, 'json', 'specials');
    expect(await client.ended, client.lines.join('\n')).toBe(0);
    expect(client.events).toContainEqual(
      expect.objectContaining({ step: 'a Result of NaN is refused', ok: true, error: 'EOF' }),
    );
  });
});

describeWithGo('a Go client at a server without goClients', () => {
  it.concurrent.for(CODECS)('fails at once, and executes nothing: %s', async (codec, { expect }) => {
    await using server = await OurServer.start(codec, { goClients: false });
    await using client = GoClient.start(server.address, codec, 'fail');
    expect(await client.ended, client.lines.join('\n')).not.toBe(0);
    expect(client.lines.join('\n')).toMatch(/server info|ServerInfo/i);
    expect(server.executed).toEqual({});
  });
});

describeWithGo('a Go client that takes a server with error Results for one of its own, whose Command fails', () => {
  it.concurrent.for(CODECS)('closes for good; a sender of this library does not: %s', async (codec, { expect }) => {
    const service = liveService(codec);
    await using server = await OurServer.start(codec, { goClients: false });
    await using sender = await createSender(service.protocol, {
      address: server.address,
      codec: service.peer.codec,
      clients: 1,
    });
    await using client = GoClient.start(server.address, codec, 'fail', ['--reconnect', '--server-info', 'default;x1']);
    expect(await client.ended, client.lines.join('\n')).toBe(0);
    const error = codec === 'mus' ? 'mus: unexpected DTM 16383' : 'unrecognized DTM: 16383';
    expect(client.events).toContainEqual(expect.objectContaining({ step: 'the Send gets an error', error }));
    expect(told(client)).toMatchObject({
      neighbour: { ok: false, error },
      after: { usable: false, senderClosed: true },
    });
    expect(server.executed).toEqual({ Delay: 1, Fail: 1 });

    const [late, failed] = [{ Ms: 50 }, { Message: MESSAGE }];
    const neighbour = sender.send(commandOf(service, 'Delay', late) as never);
    await expect(sender.send(commandOf(service, 'Fail', failed) as never)).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining(MESSAGE),
    });
    await neighbour;
    expect(server).toMatchObject({ accepted: 2, executed: { Delay: 2, Fail: 2 } });
  });
});
