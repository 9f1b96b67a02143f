import { describe, expect, it } from 'vitest';
import { type PeerConnection, ScriptedPeer } from '../support/scripted-peer.ts';
import { commandLine } from './support.ts';

const cli = commandLine();

/** Titles, colours, cursor, bells, line breaks, C1, DEL, bidirectional controls, line separators. */
const HOSTILE = '\x1b]0;owned\x07\x1b[2J\x1b[1;1H\r\n\t\x9b31m\x90q\x9c\x7f\u202e\u2066\u061c\u2028\u2029';
/** What a terminal takes for an instruction, or shows as something else. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const ESCAPED = '\\u001b]0:owned\\u0007';

const text = (name: string) => `${name}${HOSTILE}`;

/** A WELCOME that attacks wherever it can. */
const WELCOME = {
  codec: text('msgpack'),
  commands: [text('Do'), 'Plain'],
  results: [text('Done'), text('Other')],
  returns: [[0], [0, 1]],
  several: [1],
  maxFrameBytes: 1_000,
  instance: text('i'),
  version: text('v'),
  ends: true,
  schemas: {
    [text('Do')]: { type: 'object', properties: { [text('key')]: { type: text('type') } }, required: [text('key')] },
    Plain: {
      anyOf: [{ enum: [text('enum'), 5] }, { $ref: `#/${text('ref')}` }, { const: text('const') }],
      title: HOSTILE,
    },
  },
};

/** No line that is written does anything to a terminal. */
function expectHarmless({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) {
  for (const line of `${stdout}${stderr}`.split('\n')) expect(line).not.toMatch(UNPRINTABLE);
}

describe.concurrent('a hostile server cannot move the cursor', () => {
  it('by what it says of itself: names, schemas, version, instance, ServerInfo', async () => {
    await using peer = await ScriptedPeer.listen({
      serverInfo: null,
      welcome: WELCOME,
      onConnection: (one) => introduce(one),
    });
    for (const args of [[], ['--json']]) {
      const shown = await cli.run(['ls', peer.address, ...args]);
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expectHarmless(shown);
      for (const name of [
        'default',
        'i',
        'v',
        'msgpack',
        'Do',
        'Done',
        'Other',
        'key',
        'type',
        'enum',
        'ref',
        'const',
      ]) {
        expect(shown.stdout).toMatch(new RegExp(`${name}\\\\+u001b`));
      }
    }
  });

  it('by the names in an error, its codec, or the reason of a refusal', async () => {
    const fields = [{}, { commands: ['Do'], results: ['Done'] }, { refused: text('no') }, { commands: [] }];
    for (const some of fields) {
      await using peer = await ScriptedPeer.listen({ serverInfo: 'default;x1', welcome: { ...WELCOME, ...some } });
      for (const json of [[], ['--json']]) {
        const failed = await cli.run(['call', peer.address, 'Do', ...json]);
        expect(failed.code).toBeGreaterThan(0);
        expect(failed.stdout).toBe('');
        expectHarmless(failed);
        expect(failed.stderr.match(/\n/g)).toHaveLength(1);
        if (json.length > 0) expect(JSON.parse(failed.stderr)).toMatchObject({ mayHaveExecuted: false });
      }
    }
  });

  it('by its Results, their names, and its errors', async () => {
    const nested = { [text('key')]: [text('value')] };
    await using peer = await ScriptedPeer.listen({
      serverInfo: 'default;x1',
      welcome: { ...WELCOME, codec: 'msgpack', commands: ['Do', 'Plain', 'Fail', 'Cut'] },
      onCommand: ({ connection, seq, type }) => {
        if (type < 2) {
          connection.result(seq, 0, nested);
          connection.control(seq, 'ended');
        } else if (type === 2) {
          const failure = JSON.stringify({ kind: 'failed', details: { [text('detail')]: HOSTILE } });
          connection.result(seq, 16_383, { code: 'command-failed', message: text('failed'), failure });
        } else {
          connection.raw(Buffer.concat([Buffer.of(seq, 0, HOSTILE.length), Buffer.from(HOSTILE)]));
        }
      },
    });
    const bare = await cli.run(['call', peer.address, 'Do']);
    expect(bare).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(bare.stdout)).toEqual(nested);
    const tagged = await cli.run(['call', peer.address, 'Plain', '--json']);
    expect(tagged).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(tagged.stdout)).toMatchObject({ type: expect.stringMatching(/^Done\\u001b/), value: nested });
    for (const each of [bare, tagged]) {
      expectHarmless(each);
      expect(each.stdout.match(/\n/g)).toHaveLength(1);
    }
    for (const name of ['Fail', 'Cut']) {
      for (const json of [[], ['--json']]) {
        const failed = await cli.run(['call', peer.address, name, ...json]);
        expect(failed).toMatchObject({ code: 1, stdout: '' });
        expectHarmless(failed);
        expect(failed.stderr.match(/\n/g)).toHaveLength(1);
      }
    }
  });

  it('by its ServerInfo without a wire extension, in ls and ping', async () => {
    await using peer = await ScriptedPeer.listen({ serverInfo: null, onConnection: (one) => introduce(one, '') });
    for (const args of [['ls'], ['ls', '--json'], ['ping', '--count', '1'], ['ls', '--server-info', 'other']]) {
      const [name = '', ...rest] = args;
      const shown = await cli.run([name, peer.address, ...rest]);
      expectHarmless(shown);
      if (name === 'ls') expect(`${shown.stdout}${shown.stderr}`).toContain(`default${ESCAPED}`);
    }
  });

  it('by a schema or a Result that is nested too deep to be shown', async () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const welcome = JSON.stringify({ ...WELCOME, schemas: { Plain: { type: 'array', items: 'DEEP' } } });
    await using peer = await ScriptedPeer.listen({
      serverInfo: 'default;x1',
      onControl: ({ connection }) => connection.control(1, 'welcome', Buffer.from(welcome.replace('"DEEP"', deep))),
    });
    const shown = await cli.run(['ls', peer.address]);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    const document = await cli.run(['ls', peer.address, '--json']);
    if (document.code !== 0) expect(document.stderr).toMatch(/^\{"code":"internal",.*\}\n$/);
    expectHarmless(document);
  });
});

/** Introduces a server by a hostile name, in which a `;` would be the end. */
function introduce(connection: PeerConnection, extension = ';x1'): void {
  const info = Buffer.from(`${text('default').replaceAll(';', ':')}${extension}`);
  connection.raw(Buffer.concat([Buffer.of(info.length), info]));
}
