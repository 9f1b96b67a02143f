import { describe, expect, it } from 'vitest';
import { UsageError } from '../../stress/options.ts';
import { RollingBook } from '../../stress/rolling/book.ts';
import { parseRollingOptions } from '../../stress/rolling/options.ts';
import { TICKS } from '../../stress/rolling/service.ts';
import { program } from '../../support/program.ts';
import { run } from '../../support/run.ts';

const MAIN = program(new URL('../../stress/main.ts', import.meta.url));

describe('the options of a rolling restart', () => {
  it('are three replicas, three rounds, fifty callers, and three ways to reach them', () => {
    const options = {
      replicas: 3,
      rounds: 3,
      seconds: undefined,
      callers: 50,
      pauseMs: 500,
      variants: [
        { senders: 1, clients: 1 },
        { senders: 1, clients: 4 },
        { senders: 5, clients: 1 },
      ],
      peers: false,
    };
    expect(parseRollingOptions(['--rolling'])).toEqual(options);
    expect(parseRollingOptions(['--rolling', '3'])).toEqual(options);
  });

  it('take numbers, and one way to reach the service', () => {
    const numbers = ['--rounds', '1', '--seconds', '9', '--callers', '7', '--pause-ms', '0'];
    expect(parseRollingOptions(['--rolling=2', ...numbers, '--senders', '6', '--peers'])).toEqual({
      replicas: 2,
      rounds: 1,
      seconds: 9,
      callers: 7,
      pauseMs: 0,
      variants: [{ senders: 6, clients: 1 }],
      peers: true,
    });
    expect(parseRollingOptions(['--rolling', '--help'])).toBe('help');
  });

  it.each([
    [['--rolling', '1'], "--rolling takes whole numbers from 2 to 16; got '1'"],
    [['--rolling', '3', '--rounds', '0'], '--rounds takes whole numbers'],
    [['--rolling', '3', '--minutes', '1'], '--minutes'],
  ])('are refused: %s', (args, message) => {
    expect(() => parseRollingOptions(args)).toThrow(UsageError);
    expect(() => parseRollingOptions(args)).toThrow(message);
  });
});

describe('the book of a rolling restart', () => {
  const whole = Array.from({ length: TICKS }, (_, index) => TICKS - 1 - index);

  it('has nothing against what is as it must be', () => {
    const book = new RollingBook();
    book.executions.executed(book.begin(), book.lastId);
    book.success('stream', 1, 800, true, whole);
    book.executions.finish();
    expect(book.errors.count).toBe(0);
    expect(book.restarting.stream.maxMs).toBe(800);
  });

  it('notices failures, streams with gaps and short ones, and what was executed twice or not at all', () => {
    const book = new RollingBook();
    for (let id = book.begin(); id < 5; id = book.begin()) book.executions.executed(id, id);
    book.executions.executed(1, book.lastId);
    book.failure('short', 2, { code: 'closed', mayHaveExecuted: false }, 'shutting down', []);
    book.success('stream', 3, 800, false, whole.slice(0, -1));
    book.failure('stream', 4, { code: 'connection-lost', mayHaveExecuted: true }, 'lost', [TICKS - 1, TICKS - 3]);
    book.success('short', 5, 1, false, []);
    book.executions.finish();
    expect([...book.failures.keys()]).toEqual([
      'closed, mayHaveExecuted: false',
      'connection-lost, mayHaveExecuted: true',
    ]);
    expect(book).toMatchObject({ failed: 2, brokenStreams: 2 });
    expect(book.executions.twice).toBe(1);
    expect(book.errors.first.join()).toMatch(
      /executed twice.*Command 2 was executed, but.*Command 5 has a Result, but/s,
    );
  });
});

describe('a rolling restart', { timeout: 120_000 }, () => {
  it('F6, F22, D1: two replicas restarted in turn cost no call, and no stream', async () => {
    const args = ['--rolling', '2', '--rounds', '1', '--senders', '2', '--pause-ms', '200'];
    const { code, stdout, stderr } = await run(process.execPath, ['--expose-gc', MAIN, ...args], {
      timeoutMs: 110_000,
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('cmd-stream: 2 senders, 1 client each');
    for (const zero of ['failed', 'executed twice', 'streams with a gap', 'verify errors']) {
      expect(stdout).toMatch(new RegExp(`${zero} +0\n`.replace('\n', '(\n|$)')));
    }
    expect(stdout).toMatch(/restarts +2,/);
    expect(stdout).toMatch(/stream, during restarts +p50/);
    expect(code).toBe(0);
  });
});
