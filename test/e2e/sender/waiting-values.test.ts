import { json, type SenderOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { OwnTime } from '../../support/own-time.ts';
import { freePort } from '../../support/ports.ts';
import { dispatchStage, endOf, type TaleSender, tales, tellRunning } from './dispatch-stage.ts';
import { MODES } from './support.ts';

const stage = dispatchStage();

/** The ways in which a send has to wait, and what ends the wait. */
const WAYS: Record<string, (mode: object) => Promise<{ sender: TaleSender; goOn: () => unknown }>> = {
  'for a ready client': async (mode) => {
    const port = await freePort();
    const sender = await stage.sender({ address: `127.0.0.1:${port}`, lazy: true, waitForReady: true, ...mode });
    return { sender, goOn: () => stage.serve(port) };
  },
  'for room': async (mode) => {
    await stage.serve();
    const sender = await stage.sender({ maxInFlightCommands: 1, whenFull: 'wait', ...mode });
    sender.send(tales.Hold('held')).catch(() => {});
    await expect.poll(() => stage.executed).toEqual(['held']);
    return { sender, goOn: () => stage.release() };
  },
  'for a beforeSend hook': async (mode) => {
    await stage.serve();
    let goOn = () => {};
    const thinking = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const sender = await stage.sender({ hooks: () => ({ beforeSend: () => thinking }), ...mode });
    return { sender, goOn };
  },
};

describe.each(Object.entries(WAYS))('a send that waits %s', (_, wait) => {
  it.each(MODES)('F16, W4: carries the value of the moment of the call, requests running %s', async (_mode, mode) => {
    const { sender, goOn } = await wait(mode);
    const row = { name: 0, nested: { list: [0] } };
    const sends: Promise<unknown>[] = [];
    for (let n = 1; n <= 3; n++) {
      row.name = n;
      sends.push(sender.send(tales.Tell(row)));
    }
    row.name = 99;
    goOn();
    expect(await Promise.all(sends)).toEqual(['1', '2', '3']);
    expect(stage.executed.filter((name) => name !== 'held')).toEqual(['1', '2', '3']);
  });

  it('F16: fails at once with what cannot be encoded, and disturbs nobody', async () => {
    const { sender, goOn } = await wait({ maxFrameBytes: 1_000 });
    const first = sender.send(tales.Tell('first'));
    using time = new OwnTime();
    const bad = await endOf(sender.send(tales.Tell({ f() {} })));
    expect(bad).toMatchObject({ error: { code: 'encode-failed', mayHaveExecuted: false } });
    const long = await endOf(sender.send(tales.Tell('x'.repeat(2_000))));
    expect(long).toMatchObject({ error: { code: 'frame-too-large', mayHaveExecuted: false } });
    const throwing = tellRunning('a', () => {
      throw new Error('a defect');
    });
    const thrown = await endOf(sender.send(throwing));
    expect(thrown).toMatchObject({ error: { code: 'encode-failed', message: expect.stringContaining('a defect') } });
    expect(time.ms).toBeLessThan(2_500);
    const last = sender.send(tales.Tell('last'));
    goOn();
    expect(await Promise.all([first, last])).toEqual(['first', 'last']);
  });

  it.each(['aborts its own signal', 'closes the sender', 'drains the sender'])(
    'F16, F12: settles and is not executed where its payload %s',
    async (what) => {
      const { sender, goOn } = await wait({});
      const controller = new AbortController();
      const command = tellRunning('a', () => {
        if (what.startsWith('aborts')) controller.abort();
        else void (what.startsWith('closes') ? sender.close() : sender.drain());
      });
      const end = await endOf(sender.send(command, { signal: controller.signal }));
      expect(end).toMatchObject({
        error: { code: what.startsWith('aborts') ? 'cancelled' : 'closed', mayHaveExecuted: false },
      });
      goOn();
      stage.release();
      await sender.drain();
      expect(stage.executed).not.toContain('a');
    },
  );

  it('F21, V9: is refused beyond maxWaitingBytes; what leaves makes room', async () => {
    const { sender, goOn } = await wait({ maxWaitingBytes: 10_000 });
    const text = (length: number) => 'x'.repeat(length);
    const waiting = [sender.send(tales.Tell(text(4_000))), sender.send(tales.Tell(text(4_000)))];
    const end = await endOf(sender.send(tales.Tell(text(4_000))));
    expect(end).toMatchObject({ error: { code: 'overloaded', mayHaveExecuted: false } });
    expect(end).toMatchObject({
      error: { message: expect.stringMatching(/over 10000 \(option 'maxWaitingBytes'\)$/) },
    });
    const controller = new AbortController();
    const small = endOf(sender.send(tales.Tell(text(1_500)), { signal: controller.signal }));
    expect(await endOf(sender.send(tales.Tell(text(1_000))))).toMatchObject({ error: { code: 'overloaded' } });
    controller.abort();
    expect(await small).toMatchObject({ error: { code: 'cancelled' } });
    waiting.push(sender.send(tales.Tell(text(1_000))));
    goOn();
    expect((await Promise.all(waiting)).map((value) => value.length)).toEqual([4_000, 4_000, 1_000]);
  });

  it('F21, V9: is refused where its payload sends what takes the last place', async () => {
    const { sender, goOn } = await wait({ maxWaiting: 1 });
    let inner: Promise<unknown> | undefined;
    const command = tellRunning('outer', () => {
      inner ??= sender.send(tales.Tell('inner'));
    });
    const end = await endOf(sender.send(command));
    expect(end).toMatchObject({
      error: { code: 'overloaded', message: expect.stringMatching(/1 sends are waiting \(option 'maxWaiting'\)$/) },
    });
    goOn();
    expect(await inner).toBe('inner');
    expect(stage.executed).not.toContain('outer');
  });

  it('F21: has 16 MiB for all that wait by default', async () => {
    const { sender, goOn } = await wait({ timeoutMs: 60_000 });
    const megabyte = 'x'.repeat(1024 * 1024);
    const outcomes = new Set<string>();
    let refused = 0;
    const sends = Array.from({ length: 30 }, () =>
      sender.send(tales.Tell(megabyte)).then(
        () => outcomes.add('ok'),
        (error) => {
          outcomes.add(error.code);
          refused++;
        },
      ),
    );
    await expect.poll(() => refused).toBe(15);
    goOn();
    await Promise.all(sends);
    expect([...outcomes]).toEqual(['overloaded', 'ok']);
  });
});

it.each<[string, Partial<SenderOptions>]>([
  ['msgpack', {}],
  ['json', { codec: json() }],
])('F16: what waited arrives as it would have at once (%s)', async (name, options) => {
  const port = await freePort();
  const sender = await stage.sender({ address: `127.0.0.1:${port}`, lazy: true, waitForReady: true, ...options });
  const names = ['', 'x'.repeat(100), 'ä'.repeat(500), 'x'.repeat(200_000)];
  const sends = names.map((text) => sender.send(tales.Tell({ name: text, [name]: [1, { a: null }] })));
  await stage.serve(port, options.codec);
  expect(await Promise.all(sends)).toEqual(names);
  expect(await sender.send(tales.Tell('now'))).toBe('now');
});
