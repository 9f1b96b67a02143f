import { createSender } from 'cmd-stream';
import { expect, it } from 'vitest';
import { plainCodecs } from '../support/codecs.ts';
import { describeWithGo, GoServer } from '../support/go-peers.ts';
import { normal } from '../support/meaning.ts';
import { interop } from '../support/protocol.ts';

describeWithGo('a sender and a Go server', () => {
  it('send and answer', async () => {
    await using server = await GoServer.start('json');
    await using sender = await createSender(interop, { address: server.address, codec: plainCodecs.json });
    expect(normal(await sender.send(interop.Add({ A: 2, B: 3 })))).toBe(5);
    expect(await server.stop()).toMatchObject({ Add: 1 });
  });
});
