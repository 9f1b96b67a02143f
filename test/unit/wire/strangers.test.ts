import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { json } from '../../../src/protocol/codec/json/json.ts';
import { msgpack } from '../../../src/protocol/codec/msgpack/msgpack.ts';
import { encodeServerInfo } from '../../../src/wire/server-info.ts';
import { strangerClient, strangerServer } from '../../../src/wire/strangers.ts';

const CLIENT_HELLO = Buffer.from(
  `16030100c8010000c40303${'00'.repeat(32)}20${'11'.repeat(32)}0008130213031301${'00'.repeat(115)}`,
  'hex',
);

describe('a client whose first bytes are Commands', () => {
  it('A10: is no stranger, whatever it sends', () => {
    const types = ['A', 'B', 'C', 'D', 'E'];
    const codecs = [msgpack(), json()].map((codec) => codec.bind({ kind: 'command', types, maxPayloadBytes: 1_000 }));
    const seq = fc.oneof(fc.constantFrom(1, 13, 22, 42, 71, 80, 83), fc.nat(1_000_000));
    const text = fc.oneof(fc.string(), fc.constantFrom('GET / HTTP/1.1\r\n', 'SSH-2.0-x\r\n', '\x01\0\0\xc4\x03\x03'));
    const command = fc.tuple(seq, fc.nat(4), fc.oneof(text, fc.nat(), fc.constant(null)), fc.boolean());
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 8 }), (commands) => {
        const writer = new ByteWriter();
        for (const [number, type, payload, isJson] of commands) {
          writer.writeVarint(number + 1);
          codecs[isJson ? 1 : 0]?.encode(type, payload, writer);
        }
        expect(strangerClient(writer.buffer.subarray(0, writer.position))).toBeUndefined();
      }),
    );
  });

  it('A10: is no stranger by Command 22 of type 3, with which TLS begins', () => {
    expect(strangerClient(CLIENT_HELLO)).toContain('TLS');
    for (const bytes of ['16', '1603', '160301', '16030101', '1603010117010018', '160301c017010018010319010320ff']) {
      expect(strangerClient(Buffer.from(bytes, 'hex'))).toBeUndefined();
    }
  });

  it('A10: may send anything, and is named in short', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void strangerClient(Buffer.from(bytes))));
    const shown = strangerClient(Buffer.from(`GET /${'\x1b'.repeat(500)} HTTP/1.1\r\n`));
    expect(shown).toMatch(/^sent what looks like an HTTP request \('GET \/\\u001b.{0,50}\.\.\.'\), no Commands$/);
  });
});

describe('a server whose first bytes are the ServerInfo that is expected', () => {
  it('A9: is no stranger, whatever it is, with extensions or without, whole or cut', () => {
    const name = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('TTP/1.1', 'SH-2.0', 'ERR ', 'OK', '20 mail\r\n', 'a line\n', '\x03\x03'),
    );
    fc.assert(
      fc.property(name, fc.constantFrom('', ';x1', ';x1;x2'), fc.nat(), (expected, extensions, at) => {
        fc.pre(!expected.includes(';'));
        const bytes = encodeServerInfo(expected + extensions);
        expect(strangerServer(bytes.subarray(0, 1 + (at % bytes.length)), [expected])).toBeUndefined();
      }),
    );
  });

  it('A9: is found out, or not, whatever the pieces that it arrives in', () => {
    const text = fc.constantFrom(
      'HTTP/1.1 400\r\n',
      '220 mail\r\n',
      '%%%%\n',
      '    \n',
      '*some text of a service\nand more',
    );
    fc.assert(
      fc.property(text, fc.string({ maxLength: 150 }), fc.nat(), (start, rest, at) => {
        const bytes = Buffer.from(start + rest);
        const end = Math.min(bytes.length, 1 + (bytes[0] as number));
        const whole = strangerServer(bytes, ['default']) !== undefined;
        const pieces = Array.from({ length: end }, (_, n) => strangerServer(bytes.subarray(0, n + 1), ['default']));
        expect(pieces.some((found) => found !== undefined)).toBe(whole);
        expect(strangerServer(bytes.subarray(0, end + (at % 9)), ['default']) !== undefined).toBe(whole);
      }),
    );
  });

  it('A9: is another one, not a stranger, with any other name', () => {
    for (const other of ['other', 'x'.repeat(60), 'calc v2 of the staging environment, as of today']) {
      expect(strangerServer(encodeServerInfo(other), ['default'])).toBeUndefined();
    }
  });
});
