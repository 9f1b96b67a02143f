import { describe, expect, test } from 'vitest';
import { encodeServerInfo } from '../../../src/wire/server-info.ts';
import { bytesOf, endOfTurn, FrameLog, makeChannel, ScriptedStream } from './support.ts';

function clientSide() {
  const stream = new ScriptedStream();
  return { stream, channel: makeChannel(stream) };
}

const frames = [{ seq: 1, type: 0, value: 'first' }, { seq: 0 }];

describe('a ServerInfo', () => {
  test('is received as it was sent', async () => {
    const { stream, channel } = clientSide();
    const received = channel.receiveServerInfo();
    stream.arrive(Buffer.from('0764656661756c74', 'hex'));
    expect(await received).toBe('default');
  });

  test.each(['x', 'ä', 'default;cancel', 'x'.repeat(127), 'x'.repeat(128), 'x'.repeat(1024), '€'.repeat(341)])(
    'of any length within the bounds is received, wherever it is cut: %.20s',
    async (text) => {
      const bytes = encodeServerInfo(text);
      for (const at of [1, 2, 3, bytes.length - 1, bytes.length]) {
        const { stream, channel } = clientSide();
        const received = channel.receiveServerInfo();
        stream.arrive(bytes.subarray(0, at));
        stream.arrive(bytes.subarray(at));
        expect(await received).toBe(text);
      }
    },
  );

  test('that is there before it is awaited is received', async () => {
    const { stream, channel } = clientSide();
    stream.arrive(encodeServerInfo('early'));
    expect(await channel.receiveServerInfo()).toBe('early');
  });

  test('is sent before the frames, in one write with them', async () => {
    const { stream, channel } = clientSide();
    channel.sendServerInfo(encodeServerInfo('default'));
    channel.send(1, 0, 'first');
    channel.sendPing();
    await endOfTurn();
    expect(stream.writes).toEqual([Buffer.concat([encodeServerInfo('default'), bytesOf(frames)])]);
  });

  test('is followed by frames, which wait until the channel is opened', async () => {
    const { stream, channel } = clientSide();
    const received = channel.receiveServerInfo();
    const bytes = bytesOf(frames);
    stream.arrive(Buffer.concat([encodeServerInfo('default'), bytes.subarray(0, 3)]));
    stream.arrive(bytes.subarray(3));
    expect(stream.paused, 'nobody reads: the rest shall wait at the server').toBe(true);
    expect(await received).toBe('default');
    const log = new FrameLog();
    channel.open(log);
    expect(log.frames.map(({ seq, value }) => ({ seq, value }))).toEqual([{ seq: 1, value: 'first' }, { seq: 0 }]);
    expect(stream.paused).toBe(false);
  });
});

describe('a handshake fails', () => {
  test.each([
    ['a length of 0', Buffer.of(0)],
    ['a length of 1025', Buffer.of(0x81, 0x08)],
    ['a length of 2^53 - 1', Buffer.from('ffffffffffffff0f', 'hex')],
    ['the answer of another kind of server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').fill(0xff, 0, 1)],
  ])('by %s', async (_what, bytes) => {
    const { stream, channel } = clientSide();
    const received = channel.receiveServerInfo();
    stream.arrive(bytes);
    await expect(received).rejects.toMatchObject({
      code: 'protocol-error',
      message: expect.stringMatching(
        /^192\.0\.2\.7:9000 did not send a ServerInfo: its length would be \d+, not 1 to 1024$/,
      ),
    });
    expect(stream.destroyed).toBe(true);
  });

  test('by a length of more than 64 bits', async () => {
    const { stream, channel } = clientSide();
    const received = channel.receiveServerInfo();
    stream.arrive(Buffer.alloc(20, 0xff));
    await expect(received).rejects.toMatchObject({ code: 'protocol-error' });
    expect(stream.destroyed).toBe(true);
  });

  test.each([
    ['in the middle of the length', Buffer.of(0x80)],
    ['in the middle of the text', Buffer.from('0764656661', 'hex')],
    ['before anything', Buffer.of()],
  ])('by a goodbye %s', async (_what, bytes) => {
    const { stream, channel } = clientSide();
    const received = channel.receiveServerInfo();
    stream.arrive(bytes);
    stream.close();
    await expect(received).rejects.toMatchObject({
      code: 'connection-lost',
      message: '192.0.2.7:9000 closed the connection during the handshake',
    });
  });

  test('by a connection that is lost, with that as the cause', async () => {
    const { stream, channel } = clientSide();
    const cause = new Error('read ECONNRESET');
    stream.close(cause);
    await expect(channel.receiveServerInfo()).rejects.toMatchObject({ code: 'connection-lost', cause });
  });

  test('by the own destroy, once the stream has closed', async () => {
    const { stream, channel } = clientSide();
    const received = channel.receiveServerInfo();
    channel.destroy();
    stream.close();
    await expect(received).rejects.toMatchObject({ code: 'connection-lost' });
  });

  test('and the one who opens the channel all the same is told why', async () => {
    const { stream, channel } = clientSide();
    const received = channel.receiveServerInfo();
    stream.arrive(Buffer.of(0));
    await expect(received).rejects.toThrow();
    stream.close(new Error('reset as well'));
    const log = new FrameLog();
    channel.open(log);
    expect(log.losses).toEqual([expect.objectContaining({ code: 'protocol-error' })]);
  });
});
