import { createSender, type SenderOptions } from 'cmd-stream';
import { expect, it } from 'vitest';
import { failureOf, soon } from '../../e2e/client/stage.ts';
import { makeCertificates } from '../../e2e/support/certificates.ts';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { plainCodecs } from '../support/codecs.ts';
import { describeWithGo, GoServer } from '../support/go-peers.ts';
import { interop } from '../support/protocol.ts';
import { useTlsFiles } from '../support/tls-files.ts';

// What goes wrong between a sender and a Go server before the first Command: certificates, and who they are.

expectNothingLeft();

const codec = plainCodecs.json;
const files = useTlsFiles();

/** How createSender fails at a Go server with these flags; nothing must have been executed, nobody be left connected. */
async function refusal(flags: readonly string[], options: Partial<SenderOptions>) {
  await using server = await GoServer.start('json', flags);
  const failure = await failureOf(createSender(interop, { address: server.address, codec, ...options }));
  expect(await server.stop()).toEqual({});
  return failure;
}

describeWithGo('a sender is refused, or refuses, where', () => {
  it('the certificate is of an authority that it does not trust', async () => {
    const { ca } = await makeCertificates();
    for (const tls of [{ ca }, true] as const) {
      const failure = await refusal(files.serverFlags, { tls });
      expect(failure).toMatchObject({ code: 'unavailable', mayHaveExecuted: false, cause: { code: 'connect-failed' } });
      expect(failure.message).toMatch(/the certificate is refused: .*not among those of 'tls.ca'/);
    }
  });

  it('the certificate is for another name', async () => {
    const failure = await refusal(files.serverFlags, { tls: { ca: files.ca, servername: 'elsewhere.example' } });
    expect(failure).toMatchObject({ code: 'unavailable', cause: { code: 'connect-failed' } });
    expect(failure.message).toMatch(/elsewhere\.example/);
  });

  it("the server wants a certificate and gets none, or a stranger's", async () => {
    const stranger = await makeCertificates();
    const refusals = [
      [{}, /refuses the certificate from here: certificate required/],
      [stranger.client, /refuses the certificate from here: unknown ca/],
    ] as const;
    for (const [identity, message] of refusals) {
      const failure = await refusal(files.mutualServerFlags, { tls: { ca: files.ca, ...identity } });
      // With TLS 1.3 the connection is there already when the server looks at the certificate.
      expect(failure).toMatchObject({ code: 'unavailable', mayHaveExecuted: false, cause: { code: 'connect-failed' } });
      expect(failure.message).toMatch(message);
    }
  });

  it('only the server speaks TLS', async () => {
    const failure = await refusal(files.serverFlags, { handshakeTimeoutMs: 100 });
    // Both wait for the other to begin.
    expect(failure).toMatchObject({ code: 'unavailable', cause: { code: 'handshake-timeout' } });
  });

  it('only the sender speaks TLS', async () => {
    const failure = await refusal([], { tls: { ca: files.ca } });
    expect(failure).toMatchObject({ code: 'unavailable', cause: { code: 'connect-failed' } });
  });

  it('the server introduces itself as another', async () => {
    const failure = await refusal(['--server-info', 'another'], {});
    expect(failure).toMatchObject({ code: 'server-info-mismatch', mayHaveExecuted: false });
    expect(failure.message).toMatch(/introduced itself as 'another'; expected 'default'/);
    const other = await refusal([], { serverInfo: 'another' });
    expect(other.message).toMatch(/introduced itself as 'default'; expected 'another'/);
  });

  it('the server introduces itself as another, to a sender that did not wait for it', async () => {
    await using server = await GoServer.start('json', ['--server-info', 'another']);
    await using sender = await createSender(interop, { address: server.address, codec, lazy: true, clients: 2 });
    await soon(() => sender.status.state).toBe('unavailable');
    const sum = await failureOf(sender.send(interop.Add({ A: 2, B: 3 })));
    expect(sum).toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
    expect(sum.message).toMatch(/introduced itself as 'another'; expected 'default'/);
    expect(sender.status.error).toMatchObject({ code: 'server-info-mismatch' });
    expect(await server.stop()).toEqual({});
  });
});

describeWithGo('a sender gets on with a server', () => {
  it('of another ServerInfo, where that is the one expected', async () => {
    const serverInfo = 'größer & <mehr>';
    await using server = await GoServer.start('json', ['--server-info', serverInfo]);
    await using sender = await createSender(interop, { address: server.address, codec, serverInfo });
    await soon(() => sender.status.state).toBe('ready');
    expect(await sender.send(interop.Add({ A: 2, B: 3 }))).toBe(5);
    expect(await server.stop()).toEqual({ Add: 1 });
  });
});
