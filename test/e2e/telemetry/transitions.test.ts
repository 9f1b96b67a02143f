import { createCircuitBreaker, createSender, memoryTransport } from 'cmd-stream';
import { createMetrics, type Metrics, metricProducer, metricsText } from 'cmd-stream/metrics';
import { describe, expect, it } from 'vitest';
import { stage } from '../client/stage.ts';
import { shop, watched } from './watched.ts';

stage();

/** The lines of a scrape that tell of transitions, without what all have in common. */
const transitions = (metrics: Metrics) =>
  metricsText(metrics)
    .split('\n')
    .filter((line) => line.startsWith('cmd_stream_transitions_total'))
    .map((line) => line.slice('cmd_stream_transitions_total'.length));

const ofRequests = (metrics: Metrics) => transitions(metrics).filter((line) => line.includes('chart="request"'));

/** One Result, one stream of three. */
const REQUESTS = [
  '{chart="request",from="queued",event="command.sent",to="sent"} 2',
  '{chart="request",from="receiving",event="result.received",to="receiving"} 1',
  '{chart="request",from="receiving",event="result.received",to="succeeded"} 1',
  '{chart="request",from="sent",event="result.received",to="receiving"} 1',
  '{chart="request",from="sent",event="result.received",to="succeeded"} 1',
];

describe('transitions are counted', () => {
  it('of a sender from its start to its end', async () => {
    await using it = await watched({ sender: { circuitBreaker: {} } });
    const { sender, metrics } = it;
    await sender.send(shop.Echo('a'));
    for await (const _ of sender.sendMulti(shop.Rows(3)));
    await sender.close();
    // Its stream tells a little later that it is closed.
    await expect
      .poll(() => transitions(metrics.sender))
      .toEqual([
        '{chart="addresses",from="fixed",event="addresses.stop",to="stopped"} 1',
        '{chart="channel",from="closing",event="stream.closed",to="over"} 1',
        '{chart="channel",from="handshake",event="introduction.received",to="unread"} 2',
        '{chart="channel",from="open",event="channel.destroyed",to="closing"} 1',
        '{chart="channel",from="unread",event="channel.opened",to="open"} 1',
        '{chart="channel",from="unread",event="handshake.awaited",to="handshake"} 2',
        '{chart="circuit-breaker",from="closed",event="breaker.stop",to="stopped"} 1',
        '{chart="client",from="connected.steady.home",event="client.close",to="closed"} 1',
        '{chart="client",from="connecting.inTime",event="connect done",to="connected"} 1',
        '{chart="group",from="closing",event="always",to="closed"} 1',
        '{chart="group",from="closing",event="any actor done",to="closing"} 1',
        '{chart="group",from="degraded",event="always",to="ready"} 1',
        '{chart="group",from="ready",event="group.close",to="closing"} 1',
        '{chart="group",from="starting",event="always",to="degraded"} 1',
        '{chart="group",from="starting",event="client.changed",to="starting"} 2',
        ...REQUESTS,
      ]);
  });

  it('of a server, its sessions and its channels, and nothing of what did not happen there', async () => {
    await using it = await watched();
    const { sender, server, metrics } = it;
    await sender.close();
    await expect.poll(() => server.connections).toBe(0);
    await server.close();
    expect(transitions(metrics.server)).toEqual([
      '{chart="channel",from="open",event="stream.closed",to="over"} 1',
      '{chart="channel",from="unread",event="channel.opened",to="open"} 1',
      '{chart="server",from="listening",event="server.close",to="stopping.connections.closing"} 1',
      '{chart="server",from="starting",event="listen done",to="listening"} 1',
      '{chart="server",from="stopping",event="all finished",to="closed"} 1',
      '{chart="server",from="stopping.connections.closing",event="always",to="stopping.connections.gone"} 1',
      '{chart="server",from="stopping.listener.closing",event="stopListening done",to="stopping.listener.closed"} 1',
      '{chart="session",from="accepted",event="always",to="handshake"} 1',
      '{chart="session",from="handshake",event="handshake.done",to="serving"} 1',
      '{chart="session",from="serving.greeted",event="connection.lost",to="closed"} 1',
      '{chart="session",from="serving.plain",event="client.greeted",to="serving.greeted"} 1',
    ]);
  });

  it('of requests alike where an inspector has actors made of all or some', async () => {
    const everyNth = 2;
    for (const inspect of [() => {}, { observer: () => {}, everyNth }]) {
      await using it = await watched({ sender: { inspect } });
      const { sender, metrics } = it;
      await sender.send(shop.Echo('a'));
      for await (const _ of sender.sendMulti(shop.Rows(3)));
      expect(ofRequests(metrics.sender)).toEqual(REQUESTS);
    }
  });

  it('once of a circuit breaker that two senders share', async () => {
    const metrics = createMetrics();
    const circuitBreaker = createCircuitBreaker({ windowSize: 1, openDurationMs: 60_000 });
    const transport = memoryTransport();
    const options = { address: 'nowhere:1', transport, lazy: true, circuitBreaker, telemetry: [metrics] };
    await using first = await createSender(shop, options);
    await using second = await createSender(shop, options);
    for (const sender of [first, second]) await sender.send(shop.Echo('a')).catch(() => {});
    circuitBreaker.reset();
    await first.close();
    circuitBreaker.stop();
    expect(transitions(metrics).filter((line) => line.includes('circuit-breaker'))).toEqual([
      '{chart="circuit-breaker",from="closed",event="breaker.stop",to="stopped"} 1',
      '{chart="circuit-breaker",from="closed",event="failureRate.reached",to="open"} 1',
      '{chart="circuit-breaker",from="open",event="breaker.reset",to="closed"} 1',
    ]);
  });

  it('of nobody who has something else in their place', async () => {
    const anything = new Proxy({}, { get: () => () => undefined });
    await using it = await watched({ sender: { telemetry: anything }, server: { telemetry: [anything] } });
    expect(await it.sender.send(shop.Echo('a'))).toBe('a');
  });

  it('for the SDK of OpenTelemetry as a sum, with the same attributes', async () => {
    await using it = await watched();
    await it.sender.send(shop.Echo('a'));
    const { resourceMetrics } = await metricProducer(it.metrics.sender).collect();
    const metric = resourceMetrics.scopeMetrics[0]?.metrics.find(
      ({ descriptor }) => descriptor.name === 'cmd_stream.transitions',
    );
    expect(metric).toMatchObject({ descriptor: { unit: '{transition}' }, dataPointType: 3, isMonotonic: true });
    expect(metric?.dataPoints).toContainEqual(
      expect.objectContaining({
        attributes: { chart: 'request', from: 'queued', event: 'command.sent', to: 'sent' },
        value: 1,
      }),
    );
  });
});
