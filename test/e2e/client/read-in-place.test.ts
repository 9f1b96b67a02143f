import { randomBytes } from 'node:crypto';
import { command, createSender, defineProtocol, result, serve } from 'cmd-stream';
import { expect, it } from 'vitest';
import { expectNothingLeft } from '../support/leaks.ts';

expectNothingLeft();

const blobs = defineProtocol({
  results: { Blob: result<Uint8Array>() },
  commands: { Echo: command<Uint8Array>().returns('Blob') },
});

it('what all connections read into the same memory stays what it was', async () => {
  await using server = await serve(blobs, undefined, { Echo: (bytes) => bytes });
  await using sender = await createSender(blobs, { address: server.address, clients: 4 });
  // From a byte to several reads: whole frames, frames cut anywhere, and many in one read, on all connections at a time.
  const sent = Array.from({ length: 400 }, (_, index) => randomBytes(index % 8 === 0 ? 200_000 : 1 + index * 37));
  const received = await Promise.all(sent.map((bytes) => sender.send(blobs.Echo(bytes))));
  // What comes later is read over it.
  await Promise.all(sent.map(() => sender.send(blobs.Echo(randomBytes(1_000)))));
  for (const [index, bytes] of received.entries()) expect(Buffer.compare(bytes, sent[index] as Buffer)).toBe(0);
});
