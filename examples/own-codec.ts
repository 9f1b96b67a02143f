// Codecs of one's own. The first writes a payload with a length in front, which the library does for it. The second is
// a format without lengths: text lines. It says `false` when a line has not arrived whole.
// Run it: npx tsx examples/own-codec.ts
import { gunzipSync, gzipSync } from 'node:zlib';
import { CmdStreamError, type Codec, createSender, serve } from 'cmd-stream';
import { lengthPrefixed, NEED_MORE } from 'cmd-stream/codec';
import { Calculator, calc, handlers } from './calc.ts';

/** JSON, compressed. */
const gzipJson = lengthPrefixed('gzip-json', () => ({
  write: (value, writer) => writer.writeBytes(gzipSync(JSON.stringify(value))),
  read: (buffer, start, end) => JSON.parse(gunzipSync(buffer.subarray(start, end)).toString('utf8')),
}));

const NEWLINE = 0x0a;

/** The type number, then JSON up to the end of the line. */
const jsonLines: Codec = {
  name: 'json-lines',
  bind: ({ maxPayloadBytes }) => ({
    encode(type, value, writer) {
      writer.writeVarint(type);
      writer.writeUtf8(JSON.stringify(value));
      writer.writeByte(NEWLINE);
    },
    decode(reader, message) {
      const type = reader.readVarint();
      if (type === NEED_MORE) return false;
      const end = reader.buffer.indexOf(NEWLINE, reader.position);
      if (end === -1 || end >= reader.end) {
        if (reader.available <= maxPayloadBytes) return false;
        throw new CmdStreamError('frame-too-large', `a line is longer than ${maxPayloadBytes} bytes`);
      }
      message.type = type;
      message.value = JSON.parse(reader.buffer.toString('utf8', reader.position, end));
      reader.position = end + 1;
      return true;
    },
  }),
};

for (const codec of [gzipJson, jsonLines]) {
  await using server = await serve(calc, new Calculator(), handlers, { codec });
  await using sender = await createSender(calc, { address: server.address, codec });
  console.log(`${codec.name}: 2 + 3 =`, await sender.send(calc.Add({ a: 2, b: 3 })));
  for await (const { n } of sender.sendMulti(calc.Countdown({ from: 2 }))) console.log(`${codec.name}: ${n}`);
}
