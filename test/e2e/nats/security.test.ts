import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credsAuthenticator, jwtAuthenticator, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import type { NatsConnectionOptions } from 'cmd-stream/nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calc } from '../support/calc.ts';
import { makeCertificates } from '../support/certificates.ts';
import { type Broker, noBroker, startBroker, titled } from './support/brokers.ts';
import { Authority } from './support/jwt.ts';
import { startSender, startWorker } from './support/services.ts';

const bytes = new TextEncoder();
const add = calc.Add({ a: 1, b: 2 });

let certificates: Awaited<ReturnType<typeof makeCertificates>>;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cmd-stream-nats-tls-'));
  certificates = await makeCertificates();
  writeFileSync(join(folder, 'ca.pem'), certificates.ca);
  writeFileSync(join(folder, 'server.pem'), certificates.server.cert);
  writeFileSync(join(folder, 'server.key'), certificates.server.key);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tlsSettings = (more = '') =>
  `tls { cert_file: "${join(folder, 'server.pem')}", key_file: "${join(folder, 'server.key')}" ${more} }`;

/** Those who are let in are served, and the others are told by both sides why not. */
async function letsIn(broker: Broker, right: NatsConnectionOptions, wrong: NatsConnectionOptions[], why: RegExp) {
  await using _worker = await startWorker(broker, {}, right);
  await using sender = await startSender(broker, {}, right);
  expect(await sender.send(add)).toBe(3);
  for (const connection of wrong) {
    const error = { mayHaveExecuted: false, message: expect.stringMatching(why) };
    await expect(startSender(broker, {}, connection)).rejects.toMatchObject({ ...error, code: 'unavailable' });
    await expect(startWorker(broker, {}, connection)).rejects.toMatchObject({ ...error, code: 'listen-failed' });
  }
}

describe.skipIf(noBroker)(titled('a broker'), () => {
  it('is spoken to by TLS, where its certificate is trusted', async () => {
    await using broker = await startBroker(tlsSettings());
    await letsIn(broker, { tls: { ca: certificates.ca } }, [{}, { tls: {} }], /certificate/);
  });

  it('asks for a certificate, where it is told to', async () => {
    await using broker = await startBroker(tlsSettings(`, ca_file: "${join(folder, 'ca.pem')}", verify: true`));
    const { ca, client } = certificates;
    await letsIn(broker, { tls: { ca, ...client } }, [{ tls: { ca } }], /no broker at|closed/);
  });

  it('is told nothing in plain text by those who ask for TLS', async () => {
    await using broker = await startBroker();
    await using _worker = await startWorker(broker);
    const error = { code: 'unavailable', mayHaveExecuted: false, message: expect.stringMatching(/tls/i) };
    await expect(startSender(broker, {}, { tls: { ca: certificates.ca } })).rejects.toMatchObject(error);
  });

  it('lets those in who know its token, its password, its nkey', async () => {
    const [ann, eve] = [nkeys.createUser(), nkeys.createUser()];
    await using byToken = await startBroker('authorization { token: "right" }');
    await letsIn(byToken, { token: 'right' }, [{ token: 'wrong' }, {}], /authorization/i);
    await using byPassword = await startBroker('authorization { users: [{ user: ann, password: right }] }');
    await letsIn(byPassword, { user: 'ann', pass: 'right' }, [{ user: 'ann', pass: 'wrong' }], /authorization/i);
    await using byNkey = await startBroker(`authorization { users: [{ nkey: ${ann.getPublicKey()} }] }`);
    const [right, wrong] = [ann, eve].map((pair) => ({ authenticator: nkeyAuthenticator(pair.getSeed()) }));
    await letsIn(byNkey, right ?? {}, [wrong ?? {}], /authorization/i);
  });

  it('lets those in whose credentials its operator has signed', async () => {
    const [own, other] = [new Authority(), new Authority()];
    await using broker = await startBroker(own.settings);
    const [right, wrong] = [own, other].map((authority) => ({
      authenticator: credsAuthenticator(bytes.encode(authority.creds(nkeys.createUser()))),
    }));
    await letsIn(broker, right ?? {}, [wrong ?? {}], /authorization/i);
  });

  it('ends the connection of a client whose JWT is over, and takes it again with the next', async () => {
    const authority = new Authority();
    await using broker = await startBroker(authority.settings);
    const [one, other] = [nkeys.createUser(), nkeys.createUser()];
    await using worker = await startWorker(
      broker,
      {},
      { authenticator: jwtAuthenticator(authority.userJwt(one, 3_600), one.getSeed()) },
    );
    let jwt = authority.userJwt(other, 4);
    const authenticator = jwtAuthenticator(() => jwt, other.getSeed());
    await using sender = await startSender(broker, {}, { authenticator });
    const wait = sender.send(calc.Wait({ ms: 60_000 }), { timeoutMs: 60_000 });
    const lost = { code: 'connection-lost', mayHaveExecuted: true, message: expect.stringMatching(/expired/i) };
    await expect(wait).rejects.toMatchObject(lost);
    expect(worker.taken).toBe(1);
    await expect(sender.send(add)).rejects.toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
    jwt = authority.userJwt(other, 3_600);
    await expect.poll(() => sender.send(add).catch(() => 0)).toBe(3);
  }, 60_000);

  it('that takes a permission back is heard by the next send, which names the subject', async () => {
    const settings = (subjects: string) => {
      const permissions = `{ publish: { allow: [${subjects}, "_INBOX.>"] } }`;
      return `authorization { users: [{ user: w, password: w }, { user: c, password: c, permissions: ${permissions} }] }`;
    };
    await using broker = await startBroker(settings('"cs.calc.>"'));
    await using worker = await startWorker(broker, {}, { user: 'w', pass: 'w' });
    await using sender = await startSender(broker, {}, { user: 'c', pass: 'c' });
    // The broker may leave the connection as it is, or end it.
    const wait = sender.send(calc.Wait({ ms: 1_500 })).catch(({ code }) => code);
    await expect.poll(() => worker.waiting.length).toBe(1);
    expect(await sender.send(add)).toBe(3);
    broker.reload(settings('"cs.calc.Echo"'));
    const outcome = () => sender.send(add).then(String, ({ code, message }) => `${code}: ${message}`);
    await expect.poll(outcome).toMatch(/^unavailable: .*cs\.calc\.Add/);
    await expect(sender.send(add)).rejects.toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
    expect([1_500, 'connection-lost']).toContain(await wait);
    await expect.poll(() => sender.send(calc.Echo('x')).catch(() => '')).toBe('x');
    broker.reload(settings('"cs.calc.>"'));
    await expect.poll(() => sender.send(add).catch(() => 0)).toBe(3);
  });

  it('that takes a token back loses both sides, which come back when it is good again', async () => {
    await using broker = await startBroker('authorization { token: "one" }');
    await using worker = await startWorker(broker, {}, { token: 'one' });
    await using sender = await startSender(broker, {}, { token: 'one' });
    const wait = sender.send(calc.Wait({ ms: 60_000 }), { timeoutMs: 60_000 });
    await expect.poll(() => worker.waiting.length).toBe(1);
    broker.reload('authorization { token: "two" }');
    await expect(wait).rejects.toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    await expect.poll(() => worker.waiting[0]?.signal.aborted).toBe(true);
    await expect(sender.send(add)).rejects.toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
    broker.reload('authorization { token: "one" }');
    await expect.poll(() => sender.send(add).catch(() => 0)).toBe(3);
  });
});
