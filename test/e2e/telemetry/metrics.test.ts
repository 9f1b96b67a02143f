import {
  command,
  createSender,
  defineProtocol,
  type Handlers,
  memoryTransport,
  result,
  serve,
  type Telemetry,
} from 'cmd-stream';
import { createMetrics, metricsText } from 'cmd-stream/metrics';
import { describe, expect, it } from 'vitest';
import { stage } from '../client/stage.ts';
import { calls, shop, values, watched } from './watched.ts';

const { expectWarning } = stage();

const HANDLERS: Handlers<typeof shop, null> = {
  Echo: (text) => text,
  Fail: (text) => text,
  Checked: () => 'fine',
  *Rows() {
    yield { n: 1, last: true };
  },
  Wait: () => 'over',
};

const codeOf = (promise: PromiseLike<unknown>) =>
  Promise.resolve(promise).then(
    () => 'OK',
    ({ code }) => code,
  );

describe('metrics count each send once, by how it ended:', () => {
  it('one that succeeds, and one that the server refuses', async () => {
    await using it = await watched();
    const { sender, metrics } = it;
    await sender.send(shop.Echo('a'));
    await sender.send(shop.Echo('b'));
    expect(await codeOf(sender.send(shop.Fail('c')))).toBe('command-failed');
    expect(await codeOf(sender.send(shop.Checked({ n: -1 })))).toBe('command-invalid');
    const counted = { 'shop/Echo OK': 2, 'shop/Fail command-failed': 1, 'shop/Checked command-invalid': 1 };
    expect(calls(metrics.sender, 'client')).toEqual(counted);
    expect(calls(metrics.server, 'server')).toEqual(counted);
  });

  it('a stream that is read to its end, and one that is left', async () => {
    await using it = await watched();
    const { sender, metrics } = it;
    for await (const _ of sender.sendMulti(shop.Rows(3)));
    expect(calls(metrics.sender, 'client')).toEqual({ 'shop/Rows OK': 1 });
    for await (const _ of sender.sendMulti(shop.Rows(1_000_000))) break;
    expect(calls(metrics.sender, 'client')).toEqual({ 'shop/Rows OK': 1, 'shop/Rows cancelled': 1 });
    await expect.poll(() => calls(metrics.server, 'server')).toEqual({ 'shop/Rows OK': 1, 'shop/Rows cancelled': 1 });
  });

  it('one whose deadline comes, and one that its caller cancels', async () => {
    await using it = await watched();
    const { sender, metrics } = it;
    expect(await codeOf(sender.send(shop.Wait(), { timeoutMs: 5 }))).toBe('timeout');
    const controller = new AbortController();
    const cancelled = codeOf(sender.send(shop.Wait(), { signal: controller.signal }));
    controller.abort();
    expect(await cancelled).toBe('cancelled');
    const counted = { 'shop/Wait timeout': 1, 'shop/Wait cancelled': 1 };
    expect(calls(metrics.sender, 'client')).toEqual(counted);
    // Which of the two its server hears of first, the deadline or that it was given up, is open.
    const ends = () =>
      Object.entries(calls(metrics.server, 'server')).filter(([call]) => /(timeout|cancelled)$/.test(call));
    await expect.poll(() => ends().reduce((sum, [, count]) => sum + count, 0)).toBe(2);
  });

  it('one that is over before it begins, of whatever kind', async () => {
    await using it = await watched({ sender: { circuitBreaker: {} } });
    const { sender, metrics } = it;
    const refused = [
      sender.send(shop.Echo('a'), { timeoutMs: -1 }),
      sender.send(shop.Echo('a'), { timoutMs: 1 } as never),
      sender.send({} as never),
      sender.sendMulti(shop.Rows(1), { resultsCount: 0 }).next(),
      sender.send(shop.Echo('a'), { signal: AbortSignal.abort() }),
      sender.sendWithDeadline(shop.Echo('a'), Date.now() - 1_000),
    ];
    expect(await Promise.all(refused.map(codeOf))).toEqual([
      'invalid-argument',
      'invalid-argument',
      'invalid-argument',
      'invalid-argument',
      'cancelled',
      'timeout',
    ]);
    expect(calls(metrics.sender, 'client')).toEqual({
      'shop/Echo invalid-argument': 2,
      '_OTHER invalid-argument': 1,
      'shop/Rows invalid-argument': 1,
      'shop/Echo cancelled': 1,
      'shop/Echo timeout': 1,
    });
  });

  it('one that hooks, the breaker or a closed sender refuse', async () => {
    await using it = await watched({
      sender: {
        circuitBreaker: { windowSize: 1, openDurationMs: 60_000 },
        hooks: ({ payload }) => ({
          beforeSend() {
            if (payload === 'no') throw new Error('not that one');
          },
        }),
      },
    });
    const { sender, metrics } = it;
    expect(await codeOf(sender.send(shop.Echo('no')))).toBe('refused');
    expect(values(metrics.sender, 'cmd_stream.client.circuit_breakers')).toMatchObject({ closed: 1, open: 0 });
    await codeOf(sender.send(shop.Wait(), { timeoutMs: 5 }));
    expect(await codeOf(sender.send(shop.Echo('a')))).toBe('circuit-open');
    expect(values(metrics.sender, 'cmd_stream.client.circuit_breakers')).toMatchObject({ closed: 0, open: 1 });
    await sender.close();
    expect(await codeOf(sender.send(shop.Echo('a')))).toBe('closed');
    expect(calls(metrics.sender, 'client')).toEqual({
      'shop/Echo refused': 1,
      'shop/Wait timeout': 1,
      'shop/Echo circuit-open': 1,
      'shop/Echo closed': 1,
    });
  });

  it('one that goes through the group itself', async () => {
    await using it = await watched();
    const { sender, metrics } = it;
    await new Promise((resolve) => sender.group.send(shop.Echo('a'), { result: resolve, failed: resolve }));
    await new Promise((resolve) => sender.group.send(shop.Fail('a'), { result: resolve, failed: resolve }));
    await sender.close();
    expect(() => sender.group.send(shop.Echo('a'), { result: () => {}, failed: () => {} })).toThrow();
    expect(calls(metrics.sender, 'client')).toEqual({
      'shop/Echo OK': 1,
      'shop/Fail command-failed': 1,
      'shop/Echo closed': 1,
    });
  });
});

describe('metrics tell how things stand:', () => {
  it('clients by state, pending Commands, connections of the server', async () => {
    await using it = await watched({ sender: { clients: 2 } });
    const { sender, server, metrics } = it;
    await expect.poll(() => values(metrics.sender, 'cmd_stream.client.connections')).toMatchObject({ ready: 2 });
    const waiting = codeOf(sender.send(shop.Wait()));
    expect(values(metrics.sender, 'cmd_stream.client.pending')).toEqual({ all: 1 });
    await expect.poll(() => values(metrics.server, 'cmd_stream.server.in_flight')).toEqual({ all: 1 });
    expect(values(metrics.server, 'cmd_stream.server.connections')).toEqual({ all: 2 });
    expect(values(metrics.server, 'cmd_stream.server.connections.accepted')).toEqual({ all: 2 });
    expect(values(metrics.sender, 'cmd_stream.client.connection.attempts')).toEqual({ success: 2 });
    await server.close();
    expect(await waiting).toBe('connection-lost');
    await expect
      .poll(() => values(metrics.sender, 'cmd_stream.client.disconnections'))
      .toEqual({ 'connection-lost': 2 });
    await expect
      .poll(() => values(metrics.sender, 'cmd_stream.client.connection.attempts')['connect-failed'])
      .toBeGreaterThan(0);
    // Nothing is told of what is closed.
    expect(values(metrics.server, 'cmd_stream.server.connections')).toEqual({});
  });

  it('a goodbye of a server, which loses nothing, apart from connections that are lost', async () => {
    await using it = await watched({ sender: { clients: 2 } });
    const { sender, server, metrics } = it;
    await expect.poll(() => values(metrics.sender, 'cmd_stream.client.connections')).toMatchObject({ ready: 2 });
    await sender.send(shop.Echo('x'));
    await server.shutdown();
    await expect.poll(() => values(metrics.sender, 'cmd_stream.client.disconnections')).toEqual({ closed: 2 });
  });

  it('of several senders and servers together', async () => {
    const metrics = createMetrics();
    const transport = memoryTransport();
    const handlers = {
      Echo: (text: string) => text,
      Fail: () => '',
      Checked: () => '',
      Rows: function* () {},
      Wait: () => '',
    };
    await using one = await serve(shop, null, handlers, { transport, telemetry: metrics });
    await using other = await serve(shop, null, handlers, { transport, telemetry: [metrics] });
    await using first = await createSender(shop, { address: one.address, transport, telemetry: metrics });
    await using second = await createSender(shop, { address: other.address, transport, telemetry: metrics });
    await Promise.all([first.send(shop.Echo('a')), second.send(shop.Echo('b'))]);
    expect(calls(metrics, 'server')).toEqual({ 'shop/Echo OK': 2 });
    expect(values(metrics, 'cmd_stream.server.connections')).toEqual({ all: 2 });
    expect(values(metrics, 'cmd_stream.client.connections')).toMatchObject({ ready: 2, closed: 0 });
    expect(metricsText(metrics)).toContain('rpc_server_call_duration_seconds_count{rpc_system_name="cmd-stream",');
  });
});

describe('metrics of several', () => {
  it('tell two protocols apart whose Commands have the same name', async () => {
    const transport = memoryTransport();
    const metrics = createMetrics();
    const named = (name: string) =>
      defineProtocol({
        name,
        results: { Done: result<string>() },
        commands: { Get: command<string>().returns('Done') },
      });
    const [tea, milk] = [named('tea'), named('milk')];
    const handlers = { Get: (text: string) => text };
    await using teas = await serve(tea, null, handlers, { transport, telemetry: metrics });
    await using milks = await serve(milk, null, handlers, { transport, telemetry: metrics });
    await using teaSender = await createSender(tea, { address: teas.address, transport });
    await using milkSender = await createSender(milk, { address: milks.address, transport });
    for (let i = 0; i < 3; i++) {
      await teaSender.send(tea.Get('a'));
      await milkSender.send(milk.Get('b'));
    }
    expect(calls(metrics, 'server')).toEqual({ 'tea/Get OK': 3, 'milk/Get OK': 3 });
  });

  it('know nothing of a server that never came to be', async () => {
    await using other = await serve(shop, null, HANDLERS, { port: 0 });
    const metrics = createMetrics();
    const failed = [
      serve(shop, null, HANDLERS, { port: other.port, telemetry: metrics }),
      serve(shop, null, {} as never, { telemetry: metrics }),
    ];
    expect(await Promise.all(failed.map(codeOf))).toEqual(['listen-failed', 'invalid-argument']);
    // What it went through is all that there is to know.
    expect(metrics.collect()).toMatchObject([
      {
        name: 'cmd_stream.transitions',
        points: [{ attributes: { chart: 'server', from: 'starting', event: 'listen failed', to: 'failed' }, value: 1 }],
      },
    ]);
  });
});

describe('telemetry of one’s own', () => {
  it('that throws changes nothing; the process gets warnings', async () => {
    expectWarning("'sendEnded' of the option 'telemetry' failed");
    expectWarning("'commandEnded' of the option 'telemetry' failed");
    expectWarning("'closed' of the option 'telemetry' failed");
    const fail = () => {
      throw new Error('own mistake');
    };
    const telemetry: Telemetry = {
      ofSender: () => ({ sendEnded: fail, closed: fail }),
      ofServer: () => ({ commandEnded: fail }),
    };
    await using it = await watched({ sender: { telemetry }, server: { telemetry } });
    expect(await it.sender.send(shop.Echo('a'))).toBe('a');
  });

  it('is told of the Command, of its server and of its time', async () => {
    const told: unknown[] = [];
    const telemetry: Telemetry = {
      ofSender: ({ protocol }) => ({
        sendEnded: (send, command, outcome, durationMs) =>
          told.push([protocol, send?.seq, send?.address, command, outcome, durationMs >= 0]),
      }),
    };
    await using it = await watched({ sender: { telemetry } });
    await it.sender.send(shop.Echo('a'));
    const commands = ['Echo', 'Fail', 'Checked', 'Rows', 'Wait'];
    expect(told).toEqual([[{ name: 'shop', commands }, 1, it.server.address, 'Echo', 'success', true]]);
  });
});

describe('names', () => {
  it('tell senders and servers apart that one object watches', async () => {
    const metrics = createMetrics();
    const transport = memoryTransport();
    await using server = await serve(shop, null, HANDLERS, { transport, telemetry: metrics, name: 'stock' });
    const options = { address: server.address, transport, telemetry: metrics };
    await using first = await createSender(shop, { ...options, name: 'web', clients: 2 });
    await using other = await createSender(shop, { ...options, circuitBreaker: {} });
    await first.send(shop.Echo('a'));
    await other.send(shop.Echo('a'));
    await other.send(shop.Echo('b'));
    const text = metricsText(metrics);
    for (const line of [
      /rpc_client_call_duration_seconds_count\{.*shop\/Echo.*cmd_stream_name="web"\} 1/,
      /rpc_client_call_duration_seconds_count\{(?!.*cmd_stream_name).*shop\/Echo.*\} 2/,
      /rpc_server_call_duration_seconds_count\{.*cmd_stream_name="stock"\} 3/,
      /cmd_stream_client_connections\{cmd_stream_state="ready",cmd_stream_name="web"\} 2/,
      /cmd_stream_client_connections\{cmd_stream_state="ready"\} 1/,
      /cmd_stream_client_connection_attempts_total\{cmd_stream_outcome="success",cmd_stream_name="web"\} 2/,
      /cmd_stream_client_circuit_breakers\{cmd_stream_state="closed"\} 1/,
      /cmd_stream_client_pending\{cmd_stream_name="web"\} 0/,
      /cmd_stream_server_connections\{cmd_stream_name="stock"\} 3/,
      /cmd_stream_server_connections_accepted_total\{cmd_stream_name="stock"\} 3/,
    ]) {
      expect(text).toMatch(line);
    }
  });
});
