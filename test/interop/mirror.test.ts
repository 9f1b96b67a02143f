import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { createSender, memoryTransport, serve } from '../../src/index.ts';
import { musInterop, plainCodecs, protobufCodec } from './support/codecs.ts';
import * as pb from './support/interop_pb.ts';
import { normal } from './support/meaning.ts';
import { interop, protobufInterop } from './support/protocol.ts';
import { plainHandlers, protobufHandlers, UNICODE_KEY } from './support/service.ts';

// The interop protocol on this side alone, so that a failure against a Go peer is one between the languages.

describe.each([...Object.entries(plainCodecs), ['mus with type numbers from 1', musInterop(1)] as const])(
  'the interop protocol with %s',
  (name, codec) => {
    it('answers as the Go service does', async () => {
      const transport = memoryTransport();
      await using server = await serve(interop, undefined, plainHandlers, {
        transport,
        codec,
        port: 0,
        exposeErrors: true,
        onHandlerError() {},
      });
      await using sender = await createSender(interop, { transport, codec, address: server.address });
      expect(normal(await sender.send(interop.Add({ A: 2, B: 3 })))).toBe(5);
      expect(await sender.send(interop.Add({ A: 2n ** 63n - 1n, B: 1 }))).toBe(-(2n ** 63n));
      const ticks = [];
      for await (const tick of sender.sendMulti(interop.Countdown({ From: 3 }))) ticks.push(normal(tick));
      expect(ticks).toEqual([
        { N: 3, Last: false },
        { N: 2, Last: false },
        { N: 1, Last: true },
      ]);
      expect(normal(await sender.send(interop.Find({ Key: UNICODE_KEY })))).toEqual({
        type: 'Found',
        value: { Key: UNICODE_KEY, Count: -1, Tags: [] },
      });
      expect(await sender.send(interop.Find({ Key: 'pear' }))).toEqual({ type: 'Missing', value: { Key: 'pear' } });
      expect(await sender.send(interop.Delay({ Ms: 1 }))).toEqual({});
      const bytes = new Uint8Array([0, 127, 128, 255]);
      expect(await sender.send(interop.Echo({ Data: bytes, Text: UNICODE_KEY }))).toMatchObject({ Text: UNICODE_KEY });
      await expect(sender.send(interop.Fail({ Message: 'no luck' }))).rejects.toMatchObject({ code: 'command-failed' });
      const nan = sender.send(interop.Special({ Name: 'NaN' }));
      if (name === 'json') await expect(nan).rejects.toMatchObject({ code: 'command-failed' });
      else expect(await nan).toBeNaN();
    });
  },
);

describe('the interop protocol with protobuf', () => {
  it('answers as the Go service does', async () => {
    const transport = memoryTransport();
    const options = { transport, codec: protobufCodec };
    await using server = await serve(protobufInterop, undefined, protobufHandlers, {
      ...options,
      port: 0,
      exposeErrors: true,
      onHandlerError() {},
    });
    await using sender = await createSender(protobufInterop, { ...options, address: server.address });
    const { Add, Countdown, Find, Fail, Delay, Echo, Special } = protobufInterop;
    expect(await sender.send(Add(create(pb.AddSchema, { a: 2n ** 63n - 1n, b: 1n })))).toEqual(
      create(pb.SumSchema, { value: -(2n ** 63n) }),
    );
    const ticks = [];
    for await (const { n } of sender.sendMulti(Countdown(create(pb.CountdownSchema, { from: 3n })))) ticks.push(n);
    expect(ticks).toEqual([3n, 2n, 1n]);
    expect(await sender.send(Find(create(pb.FindSchema, { key: 'apple' })))).toEqual({
      type: 'Found',
      value: create(pb.FoundSchema, { key: 'apple', count: 3n, tags: ['fruit', 'red'] }),
    });
    expect(await sender.send(Delay(create(pb.DelaySchema, { ms: 1n })))).toEqual(create(pb.DoneSchema));
    const echo = { data: new Uint8Array([0, 255]), text: UNICODE_KEY };
    expect(await sender.send(Echo(create(pb.EchoSchema, echo)))).toEqual(create(pb.EchoedSchema, echo));
    await expect(sender.send(Fail(create(pb.FailSchema, { message: 'no luck' })))).rejects.toMatchObject({
      code: 'command-failed',
    });
    expect((await sender.send(Special(create(pb.SpecialSchema, { name: '-0' })))).value).toBe(-0);
  });
});
