import { describe, expect, it } from 'vitest';
import { makeCertificates } from '../../e2e/support/certificates.ts';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { CODECS, type CodecName, describeWithGo, GoClient, type PeerLine } from '../support/go-peers.ts';
import { OurServer, type OurServerOptions } from '../support/our-server.ts';
import { useTlsFiles } from '../support/tls-files.ts';

// What an unmodified Go client and a server of this library say to each other: every codec, over TCP and over TLS.

expectNothingLeft();

const files = useTlsFiles();

interface Route {
  readonly name: string;
  readonly flags: () => readonly string[];
  readonly options: () => OurServerOptions;
}

const tcp: Route = { name: 'TCP', flags: () => [], options: () => ({}) };
const tls: Route = { name: 'TLS', flags: () => files.clientFlags, options: () => ({ tls: files.server }) };
const mutual: Route = {
  name: 'mutual TLS',
  flags: () => files.mutualClientFlags,
  options: () => ({ tls: { ...files.server, ca: files.ca, requestCert: true } }),
};

/** How often a codec lets Kinds arrive: with JSON the Go client cannot send three of the numbers. */
const kinds: Readonly<Record<CodecName, number>> = { json: 3, msgpack: 6, protobuf: 6, mus: 6 };

/** What is not as it should be, of all that a Go client checks. */
const exceptions: Readonly<Record<CodecName, readonly PeerLine[]>> = {
  json: [],
  msgpack: [
    {
      step: 'every field at an interesting place',
      error: 'failed to unmarshal value: msgpack: invalid code=cb decoding float32',
    },
    { step: 'a Result of -0', result: { type: 'Number', value: 0 } },
    { step: 'a Command with -0', result: { type: 'Kinds', value: expect.objectContaining({ Double: 0 }) } },
  ],
  protobuf: [],
  mus: [],
};

const COUNT = 1000;

const pairs = ([...CODECS, 'mus with type numbers from 1'] as const).flatMap((name) => {
  const codec: CodecName = name.startsWith('mus') ? 'mus' : (name as CodecName);
  const musFirstType = name === 'mus with type numbers from 1' ? 1 : 0;
  const routes = name === 'json' || name === 'mus' ? [tcp, tls, mutual] : [tcp];
  return routes.map((route) => ({ title: `${name} over ${route.name}`, codec, musFirstType, route }));
});

describeWithGo('a Go client and a server', () => {
  // They wait more than they work.
  describe.concurrent.each(pairs)('$title', ({ codec, musFirstType, route }) => {
    const start = (scenario: string, address: string, flags: readonly string[] = []) =>
      GoClient.start(address, codec, scenario, [
        '--mus-first-type',
        `${musFirstType}`,
        ...route.flags(),
        '--count',
        `${COUNT}`,
        ...flags,
      ]);

    it('understand each other in everything', async ({ expect }) => {
      await using server = await OurServer.start(codec, { musFirstType, ...route.options() });
      await using client = start('all', server.address, ['--idle-ms', '300']);
      const code = await client.ended;
      expect(client.failed).toMatchObject(exceptions[codec]);
      expect(code, client.stderr).toBe(exceptions[codec].length === 0 ? 0 : 1);
      expect(client.events.filter(({ done }) => done === true)).toHaveLength(13);
      expect(server.executed).toEqual({
        Add: COUNT + 14,
        Countdown: 5,
        Find: 4,
        Delay: 7,
        Echo: 18,
        Kinds: kinds[codec],
        Special: 4,
        Fail: 1,
      });
      // Special of NaN and the infinities, and Fail.
      expect(server.handlerErrors).toHaveLength(codec === 'json' ? 4 : 1);
      await expect.poll(() => server.connections).toBe(0);
      expect(server.refused).toEqual([]);
    });

    it('part when the client is silent for too long', async ({ expect }) => {
      await using server = await OurServer.start(codec, { musFirstType, ...route.options(), idleTimeoutMs: 800 });
      await using client = start('idle', server.address, ['--idle-ms', '5000']);
      expect(await client.ended, client.lines.join('\n')).toBe(0);
      expect(server.executed).toEqual({ Add: 1 });
      expect(server.lost).toMatchObject([
        { code: 'connection-lost', message: expect.stringContaining('idleTimeoutMs') },
      ]);
    });
  });
});

describeWithGo('a Go client and a server', () => {
  /** Lets a Go client try, and says what it and the server make of it. */
  async function refusal(options: OurServerOptions, flags: readonly string[]) {
    await using server = await OurServer.start('json', options);
    await using client = GoClient.start(server.address, 'json', 'add', flags);
    expect(await client.ended).toBe(1);
    await expect.poll(() => server.refused).toMatchObject([{ code: 'connect-failed' }]);
    expect(server).toMatchObject({ accepted: 0, executed: {} });
    expect(client.events).toMatchObject([{ done: true, ok: false }]);
    return `${client.events[0]?.error}; ${server.refused[0]?.message}`;
  }

  it('part when the client does not know who signed the server', async () => {
    const { server: identity } = await makeCertificates();
    const said = await refusal({ tls: identity }, files.clientFlags);
    expect(said).toMatch(/certificate signed by unknown authority; .*bad certificate/s);
  });

  it('part when the server does not know who signed the client', async () => {
    const { ca } = await makeCertificates();
    const said = await refusal({ tls: { ...files.server, ca, requestCert: true } }, files.mutualClientFlags);
    // Go shows no certificate that the server has not asked for.
    expect(said).toMatch(/certificate required; .*showed no client certificate/s);
  });

  it('part when the client shows no certificate and is to', async () => {
    const said = await refusal(mutual.options(), files.clientFlags);
    expect(said).toMatch(/certificate required; .*showed no client certificate/s);
  });

  it('part when the client shows a certificate that is not for clients', async () => {
    const said = await refusal(mutual.options(), [...files.clientFlags, ...files.serverFlags, '--mutual']);
    // Node closes the connection without telling why.
    expect(said).toMatch(/EOF; .*could not be accepted/s);
  });
});
