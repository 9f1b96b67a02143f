import { describe, expect, it } from 'vitest';
import type { ClientInput } from '../../../../machines/client.ts';
import { readyClient } from './fake-link.ts';

type Timings = ClientInput['timings'];

const accepting = { accepting: 'fresh' };
const pinging = { pinging: 'waiting' };

describe('a connection in use', () => {
  it('pings when its peer has not been seen to read for the keepalive time, and rests again with the pong', async () => {
    const client = await readyClient();
    const { connection } = client.link;
    client.clock.advance(299);
    expect(client.connection).toEqual({ keepalive: 'resting', use: accepting });
    client.clock.advance(1);
    expect(client.connection).toEqual({ keepalive: pinging, use: accepting });
    expect(client.link.calls.filter((call) => call === 'ping')).toHaveLength(1);
    client.clock.advance(100);
    connection.pongs();
    expect(client.connection?.keepalive).toBe('resting');
    client.clock.advance(199);
    expect(client.connection?.keepalive).toBe('resting');
    client.clock.advance(1);
    expect(client.connection?.keepalive, 'the keepalive time after the last Ping').toEqual(pinging);
  });

  it.each([
    ['does not ping while its Commands are answered', true, true, 0],
    ['pings while only the peer speaks, which would otherwise find this side silent', true, false, 6],
    ['V4, F1: pings while only this side speaks, or the peer does not show that it reads', false, true, 1],
  ])('%s', async (_, answers, sends, pings) => {
    const client = await readyClient();
    const { connection } = client.link;
    for (let step = 0; step < (answers ? 40 : 9); step++) {
      client.clock.advance(50);
      if (answers) connection.pongs();
      if (sends) connection.sentMs = client.clock.monotonicMs();
    }
    expect(client.link.calls.filter((call) => call === 'ping')).toHaveLength(pings);
  });

  it('is lost when its peer does not answer a ping, within keepalive time + ping timeout', async () => {
    const client = await readyClient();
    client.clock.advance(500);
    expect(client.connection?.keepalive).toEqual({ pinging: 'overdue' });
    client.clock.advance(1);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.context.error?.message).toBe('ping overdue');
  });

  it('V4: lets its peer hear something while a Pong takes its time', async () => {
    const client = await readyClient();
    const { connection } = client.link;
    connection.extraMs = 1_000;
    client.clock.advance(300 + 700);
    const pings = client.link.calls.filter((call) => call.startsWith('ping'));
    expect(pings).toEqual(['ping', 'ping again']);
    connection.pongs();
    expect(client.connection?.keepalive).toBe('resting');
  });

  it('V4: gives a Pong the time that what is under way takes, also where that grows meanwhile', async () => {
    const client = await readyClient();
    const { connection } = client.link;
    connection.extraMs = 100;
    client.clock.advance(300 + 200 + 99);
    expect(client.connection?.keepalive).toEqual(pinging);
    connection.extraMs = 150;
    client.clock.advance(2);
    expect(client.connection?.keepalive).toEqual(pinging);
    client.clock.advance(49);
    expect(client.connection?.keepalive).toEqual({ pinging: 'overdue' });
    client.clock.advance(1);
    expect(client.context.error?.message).toBe('ping overdue');
    expect(client.link.calls.filter((call) => call === 'ping')).toHaveLength(1);
  });

  it('takes a pong that lies there when a busy process comes back', async () => {
    const client = await readyClient();
    client.clock.advance(500);
    client.link.connection.pongs();
    expect(client.connection?.keepalive).toBe('resting');
  });

  it('V4: excuses that this process was late, before it judges the Pong', async () => {
    const client = await readyClient();
    client.clock.advance(500);
    expect(client.link.calls.at(-1)).toBe('excuse');
    client.link.connection.extraMs = 50;
    client.clock.advance(1);
    expect(client.connection?.keepalive).toEqual(pinging);
  });

  it('is alive when a Result has shown that the peer reads, although no Pong has come', async () => {
    const client = await readyClient();
    client.clock.advance(400);
    client.link.connection.answers();
    client.clock.advance(101);
    expect(client.connection?.keepalive).toBe('resting');
    client.clock.advance(200);
    expect(client.connection?.keepalive).toEqual(pinging);
  });

  it('F1: is found dead in time where a Result was the last sign, behind a Ping that may take long', async () => {
    const client = await readyClient({ timings: { keepaliveTimeMs: 100, pingTimeoutMs: 800 } as Timings });
    client.clock.advance(110);
    client.link.connection.answers();
    // One turn each: to see that it has been answered, and to read what may lie there.
    client.clock.advance(100 + 800 + 2);
    expect(client.context.error?.message).toBe('ping overdue');
  });

  it('never pings where the keepalive time is endless', async () => {
    const client = await readyClient({ timings: { keepaliveTimeMs: Number.POSITIVE_INFINITY } as Timings });
    client.clock.advance(100 * 24 * 3_600_000);
    expect(client.connection?.keepalive).toBe('resting');
    expect(client.link.calls).not.toContain('ping');
  });

  it('F1: is kept alive, and found dead, while it drains', async () => {
    const client = await readyClient();
    client.link.connection.pending = 1;
    client.actor.send({ type: 'client.drain', timeoutMs: 60_000 });
    client.clock.advance(300);
    expect(client.connection).toEqual({ keepalive: pinging, use: 'finishing' });
    client.clock.advance(201);
    expect(client.actor.getSnapshot().status).toBe('done');
  });
});

describe('a connection whose server works for nobody', () => {
  it('F1: asks for another one when it is time, and once only', async () => {
    const client = await readyClient();
    const { connection } = client.link;
    connection.renewalDueAtMs = 10;
    connection.worn = true;
    connection.tell({ type: 'connection.worn' });
    expect(client.connection?.use).toEqual({ accepting: 'worn' });
    connection.tell({ type: 'connection.worn' });
    client.clock.advance(9);
    expect(client.connection?.use).toEqual({ accepting: 'worn' });
    client.clock.advance(1);
    expect(client.connection?.use).toEqual({ accepting: 'renewing' });
    connection.tell({ type: 'connection.worn' });
    expect(client.link.calls.filter((call) => call === 'connect')).toHaveLength(2);
  });

  it('F1: at once where it is urgent by now', async () => {
    const client = await readyClient();
    const { connection } = client.link;
    Object.assign(connection, { renewalDueAtMs: 10, worn: true });
    connection.tell({ type: 'connection.worn' });
    connection.urgent = true;
    connection.tell({ type: 'connection.worn' });
    expect(client.connection?.use).toEqual({ accepting: 'renewing' });
  });

  it('F1: not where that has come to its end meanwhile', async () => {
    const client = await readyClient();
    const { connection } = client.link;
    Object.assign(connection, { renewalDueAtMs: 10, worn: true });
    connection.tell({ type: 'connection.worn' });
    connection.worn = false;
    client.clock.advance(10);
    expect(client.connection?.use).toEqual(accepting);
    expect(client.link.calls.filter((call) => call === 'connect')).toHaveLength(1);
  });
});

describe('the handshake of a client', () => {
  it('F7, V5: has the time again that nobody looked, and no more than its timeout', async () => {
    const client = await readyClient();
    client.link.connection.tell({ type: 'connection.lost', error: new Error('reset') });
    client.clock.advance(5);
    client.link.graceMs = 500;
    client.clock.advance(1_000 + 499);
    expect(client.state).toEqual({ reconnecting: { dialling: 'late' } });
    await client.dialled();
    expect(client.state).toEqual({ connected: { steady: 'home' } });
  });
});
