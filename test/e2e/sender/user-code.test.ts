import { CmdStreamError, type Codec, msgpack, type SenderOptions, tcpTransport } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { OwnTime } from '../../support/own-time.ts';
import { freePort } from '../../support/ports.ts';
import { dispatchStage, endOf, type TaleSender, tales, tellRunning } from './dispatch-stage.ts';
import { collect, MODES } from './support.ts';

const stage = dispatchStage();

/** A promise that is settled from outside. */
function deferred() {
  let resolve: (value: unknown) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<unknown>((ok, no) => {
    resolve = ok;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Runs `code` once. */
function once(code: () => unknown): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    code();
  };
}

/** Nobody listens yet to a send that fails at once. */
function heard<T>(send: Promise<T>): Promise<T> {
  send.catch(() => {});
  return send;
}

const firstOf = <C>(ready: readonly C[]) => ready[0] as C;

/** What a send that was called `name` has come to, against what the server did. */
async function expectHonest(name: string, send: Promise<unknown>): Promise<string> {
  const end = await endOf(send);
  if (end === 'never') throw new Error(`the send of '${name}' never settled`);
  // What may have left is given the time to arrive.
  await new Promise((resolve) => setTimeout(resolve, 10));
  const times = stage.executed.filter((executed) => executed === name).length;
  expect(times, `executions of '${name}'`).toBeLessThanOrEqual(1);
  if (end.error === undefined) expect(times, `executions of '${name}', which succeeded`).toBe(1);
  else if (!end.error.mayHaveExecuted) expect(times, `executions of '${name}': ${end.error.message}`).toBe(0);
  return end.error === undefined ? 'ok' : end.error.code;
}

async function expectNothingPending(sender: TaleSender): Promise<void> {
  stage.release();
  using time = new OwnTime();
  await sender.drain();
  expect(time.ms, 'nothing was left that drain() had to wait for').toBeLessThan(1_500);
}

describe.each(MODES)('R1 with requests running %s', (_, mode) => {
  it('R1-A1, V3a: a pick() that aborts the signal of its own send: not sent, as the error says', async () => {
    await stage.serve();
    const controller = new AbortController();
    const pick = <C>(ready: readonly C[]) => {
      controller.abort();
      return firstOf(ready);
    };
    const sender = await stage.sender({ dispatch: { pick }, ...mode });
    const send = sender.send(tales.Tell('a'), { signal: controller.signal });
    expect(await expectHonest('a', send)).toBe('cancelled');
    expect(stage.executed).toEqual([]);
    await expectNothingPending(sender);
  });

  for (const by of ['getter', 'toJSON'] as const) {
    it(`R1-A2, F12: a ${by} that aborts the signal of its own send: not sent, as the error says`, async () => {
      await stage.serve();
      const controller = new AbortController();
      const sender = await stage.sender(mode);
      const command = tellRunning('a', () => controller.abort(), by);
      expect(await expectHonest('a', sender.send(command, { signal: controller.signal }))).toBe('cancelled');
      expect(sender.group.has(1, 0)).toBe(false);
      // Its sequence number was not used.
      expect(await sender.send(tales.Tell('b'))).toBe('b');
      expect(stage.executed).toEqual(['b']);
      await expectNothingPending(sender);
    });

    for (const end of ['close', 'drain'] as const) {
      it(`R1-A3, F12: a ${by} that calls ${end}(): closed, not executed`, async () => {
        await stage.serve();
        const sender = await stage.sender(mode);
        const send = sender.send(tellRunning('a', () => void sender[end](), by));
        expect(await expectHonest('a', send)).toBe('closed');
        expect(stage.executed).toEqual([]);
        await sender.done;
      });

      it(`R1-A3b: the same while another Command is pending (${end} by a ${by})`, async () => {
        await stage.serve();
        const sender = await stage.sender(mode);
        const held = heard(sender.send(tales.Hold('h')));
        await expect.poll(() => stage.executed).toEqual(['h']);
        const send = sender.send(tellRunning('a', () => void sender[end](), by));
        expect(await expectHonest('a', send)).toBe('closed');
        stage.release();
        expect(await expectHonest('h', held)).toBe(end === 'close' ? 'closed' : 'ok');
        await sender.done;
      });
    }
  }

  it('R1-A13: a getter that closes, through the group itself: the caller is told', async () => {
    await stage.serve();
    const sender = await stage.sender(mode);
    const told: unknown[] = [];
    const receiver = { result: (result: unknown) => told.push(result), failed: (error: unknown) => told.push(error) };
    expect(() =>
      sender.group.send(
        tellRunning('a', () => void sender.close()),
        receiver,
      ),
    ).toThrow(expect.objectContaining({ code: 'closed', mayHaveExecuted: false }));
    await sender.done;
    expect(told).toEqual([]);
    expect(stage.executed).toEqual([]);
  });

  it('R1-A14, V3b: a stream whose getter aborts its own signal leaves nothing among the pending', async () => {
    await stage.serve();
    const sender = await stage.sender(mode);
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController();
      const payload = {
        get name() {
          controller.abort();
          return 'a';
        },
      };
      const stream = collect(sender.sendMulti(tales.Count(payload), { signal: controller.signal }));
      expect(await expectHonest('a', stream)).toBe('cancelled');
    }
    await expectNothingPending(sender);
  });

  it('R1-A5, V3d: a pick() that aborts pending Commands: what waits in line is executed once', async () => {
    await stage.serve();
    const controller = new AbortController();
    let armed = false;
    const pick = <C>(ready: readonly C[]) => {
      if (armed) controller.abort();
      return firstOf(ready);
    };
    const options: Partial<SenderOptions> = {
      clients: 2,
      maxInFlightCommands: 1,
      whenFull: 'wait',
      dispatch: { pick },
    };
    const sender = await stage.sender({ ...options, ...mode });
    await expect.poll(() => sender.status.ready).toBe(2);
    const { signal } = controller;
    const cancelled = ['h1', 'h2'].map((name) => sender.send(tales.Hold(name), { signal }).catch(() => 'gone'));
    armed = true;
    const waiting = ['a', 'b', 'c'].map((name) => [name, sender.send(tales.Tell(name))] as const);
    await Promise.all(cancelled);
    for (const [name, send] of waiting) expect(await expectHonest(name, send)).toBe('ok');
    await expectNothingPending(sender);
  });

  for (const place of ['pick', 'getter'] as const) {
    it(`R1-A10, A11, A12: a ${place} that sends another Command while others wait: each at most once`, async () => {
      const port = await freePort();
      const inner: Promise<unknown>[] = [];
      const nested = once(() => inner.push(heard(sender.send(tales.Tell('inner'), { waitForReady: true }))));
      const pick = <C>(ready: readonly C[]) => {
        if (place === 'pick') nested();
        return firstOf(ready);
      };
      const sender = await stage.sender({
        address: `127.0.0.1:${port}`,
        lazy: true,
        waitForReady: true,
        dispatch: { pick },
        ...mode,
      });
      const outer = ['a', 'b', 'c'].map((name) => {
        const command = place === 'getter' && name === 'b' ? tellRunning('b', nested) : tales.Tell(name);
        return [name, sender.send(command)] as const;
      });
      await stage.serve(port);
      for (const [name, send] of outer) expect(await expectHonest(name, send)).toBe('ok');
      expect(await expectHonest('inner', inner[0] as Promise<unknown>)).toBe('ok');
      expect(stage.executed.filter((name) => name !== 'inner')).toEqual(['a', 'b', 'c']);
      await expectNothingPending(sender);
    });
  }

  it('R1-A4: a getter of a Command that waits for room sends another: both honest', async () => {
    await stage.serve();
    const sender = await stage.sender({ maxInFlightCommands: 1, whenFull: 'wait', ...mode });
    const held = heard(sender.send(tales.Hold('h')));
    const inner: Promise<unknown>[] = [];
    const nested = once(() => inner.push(heard(sender.send(tales.Tell('inner')))));
    const waiting = sender.send(tellRunning('a', nested));
    await expect.poll(() => stage.executed).toEqual(['h']);
    stage.release();
    expect(await expectHonest('h', held)).toBe('ok');
    expect(await expectHonest('a', waiting)).toBe('ok');
    for (const send of inner) await expectHonest('inner', send);
    expect(inner).toHaveLength(1);
    await expectNothingPending(sender);
  });
});

describe('R1 by observers', () => {
  const ACTIONS = {
    sends: (sender: TaleSender) => void sender.send(tales.Tell('inner')).catch(() => {}),
    closes: (sender: TaleSender) => void sender.close(),
    drains: (sender: TaleSender) => void sender.drain(),
  };
  for (const [what, act] of Object.entries(ACTIONS)) {
    for (const waits of [false, true]) {
      it(`R1-A10: one that ${what} at 'command.sent' of a Command that ${waits ? 'waited' : 'went at once'}`, async () => {
        const port = await freePort();
        const address = `127.0.0.1:${port}`;
        if (!waits) await stage.serve(port);
        let sender: TaleSender | undefined;
        const acted = once(() => act(sender as TaleSender));
        const inspect = (event: { type: string; event?: { type: string } }) => {
          if (event.type === '@xstate.event' && event.event?.type === 'command.sent') acted();
        };
        sender = await stage.sender({ address, lazy: true, waitForReady: waits, inspect });
        if (!waits) await expect.poll(() => sender?.status.state).toBe('ready');
        const sends = ['a', 'b', 'c'].map(
          (name) => [name, heard((sender as TaleSender).send(tales.Tell(name)))] as const,
        );
        if (waits) await stage.serve(port);
        const ends = await Promise.all(sends.map(([name, send]) => expectHonest(name, send)));
        if (what === 'sends') expect(ends).toEqual(['ok', 'ok', 'ok']);
        expect(stage.executed.filter((name) => name === 'inner').length).toBeLessThanOrEqual(1);
      });
    }
  }
});

describe('user code of every kind at every place', () => {
  const controllers = new Map<string, AbortController>();
  const ACTIONS: Record<string, (sender: TaleSender, inner: Promise<unknown>[]) => void> = {
    'sends another': (sender, inner) => inner.push(heard(sender.send(tales.Tell('inner')))),
    'sends another that may wait': (sender, inner) =>
      inner.push(heard(sender.send(tales.Tell('inner'), { waitForReady: true }))),
    'aborts its own signal': () => controllers.get('b')?.abort(),
    "aborts a neighbour's signal": () => controllers.get('c')?.abort(),
    "aborts a pending one's signal": () => controllers.get('held')?.abort(),
    'aborts a signal whose listener sends another': (sender, inner) => {
      const controller = controllers.get('b');
      controller?.signal.addEventListener('abort', () => inner.push(heard(sender.send(tales.Tell('inner')))));
      controller?.abort();
    },
    'aborts a signal whose listener closes': (sender) => {
      const controller = controllers.get('c');
      controller?.signal.addEventListener('abort', () => void sender.close());
      controller?.abort();
    },
    'sends through the group': (sender, inner) => {
      const { promise, resolve, reject } = deferred();
      inner.push(heard(promise));
      try {
        sender.group.send(tales.Tell('inner'), { result: ({ value }) => resolve(value), failed: reject });
      } catch (error) {
        reject(error);
      }
    },
    closes: (sender) => void sender.close(),
    drains: (sender) => void sender.drain(),
  };
  const PLACES = ['pick', 'getter', 'codec', 'beforeSend', 'asynchronous beforeSend', 'observer', 'factory'] as const;
  const SITUATIONS: Record<string, Partial<SenderOptions>> = {
    'with room': {},
    'in a line for room': { maxInFlightCommands: 1, whenFull: 'wait' },
    'two clients': { clients: 2, maxInFlightCommands: 2, whenFull: 'wait' },
  };

  for (const [situation, options] of Object.entries(SITUATIONS)) {
    for (const place of PLACES) {
      it.each(Object.keys(ACTIONS))(`V3, R1: ${place}, ${situation}: one that %s`, async (what) => {
        await stage.serve();
        for (const name of ['held', 'a', 'b', 'c']) controllers.set(name, new AbortController());
        const inner: Promise<unknown>[] = [];
        let armed = false;
        let sender: TaleSender | undefined;
        const act = once(() => ACTIONS[what]?.(sender as TaleSender, inner));
        const at = (where: (typeof PLACES)[number]) => {
          if (armed && where === place) act();
        };
        sender = await stage.sender({
          ...options,
          codec: place === 'codec' ? codecRunning(() => at('codec')) : undefined,
          dispatch: {
            pick: (ready) => {
              at('pick');
              return firstOf(ready);
            },
          },
          inspect: place === 'observer' ? () => at('observer') : undefined,
          hooks: () => {
            at('factory');
            return {
              beforeSend: () => {
                at('beforeSend');
                if (place === 'asynchronous beforeSend') return Promise.resolve().then(() => at(place));
              },
            };
          },
        });
        const signalOf = (name: string) => ({ signal: controllers.get(name)?.signal, timeoutMs: 2_000 });
        const { clients = 1 } = options;
        await expect.poll(() => sender?.status.ready).toBe(clients);
        const held = sender.send(tales.Hold('held'), signalOf('held'));
        held.catch(() => {});
        await expect.poll(() => stage.executed).toEqual(['held']);
        armed = true;
        const sends = ['a', 'b', 'c'].map((name) => {
          const command = name === 'b' ? tellRunning(name, () => at('getter')) : tales.Tell(name);
          return [name, heard((sender as TaleSender).send(command, signalOf(name)))] as const;
        });
        await new Promise((resolve) => setTimeout(resolve, 5));
        stage.release();
        const all = [['held', held] as const, ...sends, ...inner.map((send) => ['inner', send] as const)];
        await Promise.all(all.map(([name, send]) => expectHonest(name, send)));
        await expectNothingPending(sender);
      });
    }
  }

  /** msgpack, with code before and after each encoding. */
  function codecRunning(code: () => void): Codec {
    const inner = msgpack();
    return {
      name: 'msgpack',
      bind(messages) {
        const bound = inner.bind(messages);
        return {
          encode(type, value, writer) {
            bound.encode(type, value, writer);
            if (messages.kind === 'command') code();
          },
          decode: (reader, message) => bound.decode(reader, message),
        };
      },
    };
  }
});

it('a transport that drains the sender while a Command that has waited is written: it comes to its end', async () => {
  await stage.serve();
  const inner = tcpTransport();
  const drain = once(() => sender.drain());
  const connect: typeof inner.connect = async (...dial) => {
    const stream = await inner.connect(...dial);
    const write = stream.write.bind(stream);
    stream.write = (bytes) => {
      // Long Commands are written there and then.
      if (bytes.length > 30_000) drain();
      return write(bytes);
    };
    return stream;
  };
  const transport = { ...inner, listen: inner.listen.bind(inner), connect };
  const sender = await stage.sender({ transport, lazy: true, waitForReady: true });
  const name = 'x'.repeat(40_000);
  const [long, short] = [name, 'short'].map((payload) => heard(sender.send(tales.Tell(payload))));
  expect(await endOf(long as Promise<unknown>)).toEqual({ value: name });
  expect(await endOf(short as Promise<unknown>)).toMatchObject({ error: { code: 'closed', mayHaveExecuted: false } });
  expect(stage.executed).toEqual([name]);
});

it('an error of another request, thrown by a getter, is not taken for that of the send', async () => {
  await stage.serve();
  const sender = await stage.sender();
  const foreign = new CmdStreamError('timeout', 'of another request', { mayHaveExecuted: true });
  const command = tellRunning('a', () => {
    throw foreign;
  });
  const end = await endOf(sender.send(command));
  expect(end).toMatchObject({ error: { code: 'encode-failed', mayHaveExecuted: false } });
  const receiver = { result: () => {}, failed: () => {} };
  expect(() => sender.group.send(command, receiver)).toThrow(
    expect.objectContaining({ code: 'encode-failed', mayHaveExecuted: false }),
  );
  expect(stage.executed).toEqual([]);
});
