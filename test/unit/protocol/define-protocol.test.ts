import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CmdStreamError, command, defineProtocol, result } from '../../../src/index.ts';
import { Command } from '../../../src/protocol/command.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';

const calc = defineProtocol({
  results: {
    Sum: result<number>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }),
    Failure: result<string>(),
  },
  commands: {
    Add: command<{ a: number; b: number }>().returns('Sum'),
    Countdown: command(z.object({ from: z.number() })).returns('Tick', 'Failure'),
    Stop: command().returns('Sum'),
  },
});

describe('a protocol', () => {
  it('makes Commands that carry their name, type number and payload', () => {
    const add = calc.Add({ a: 2, b: 3 });
    expect(add).toBeInstanceOf(Command);
    expect(add).toMatchObject({ name: 'Add', type: 0, payload: { a: 2, b: 3 } });
    expect(calc.Countdown({ from: 3 })).toMatchObject({ name: 'Countdown', type: 1, payload: { from: 3 } });
    expect(calc.Stop()).toMatchObject({ name: 'Stop', type: 2, payload: undefined });
  });

  it('numbers its types by the order of the keys, and the error Result behind them', () => {
    const tables = calc[protocolTables];
    expect(tables.commandEntries.map(({ name, type }) => [name, type])).toEqual([
      ['Add', 0],
      ['Countdown', 1],
      ['Stop', 2],
    ]);
    expect(tables.resultEntries.map(({ name, type }) => [name, type])).toEqual([
      ['Sum', 0],
      ['Tick', 1],
      ['Failure', 2],
    ]);
  });

  it('knows which Results answer which Command, and whether by a tagged union', () => {
    const { commandEntries } = calc[protocolTables];
    expect(commandEntries.map(({ resultTypes, tagged }) => [resultTypes, tagged])).toEqual([
      [[0], false],
      [[1, 2], true],
      [[0], false],
    ]);
  });

  it('asks lastOne whether a Result is the last one; without it every Result is', () => {
    const [sum, tick] = calc[protocolTables].resultEntries;
    expect(sum?.lastOne(5)).toBe(true);
    expect(tick?.lastOne({ n: 2, last: false })).toBe(false);
    expect(tick?.lastOne({ n: 1, last: true })).toBe(true);
  });

  it('marks its Commands as its own, so that a Command of another protocol can be told from them', () => {
    const other = defineProtocol({ results: { Sum: result<number>() }, commands: { Add: command().returns('Sum') } });
    expect(calc.Stop().protocol).toBe(calc.Add({ a: 1, b: 2 }).protocol);
    expect(other.Add().protocol).not.toBe(calc.Stop().protocol);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(calc)).toBe(true);
    expect(() => Object.assign(calc, { Add: () => undefined })).toThrow(TypeError);
  });

  it('has no Command that it does not declare, whatever objects have otherwise', () => {
    expect('toString' in calc).toBe(false);
    expect(Object.keys(calc)).toEqual(['Add', 'Countdown', 'Stop']);
  });
});

describe('defineProtocol refuses', () => {
  const results = { Sum: result<number>() };
  const commands = { Add: command().returns('Sum') };

  /** Types would not let these pass; JavaScript does. */
  function refusalOf(definition: unknown): string {
    try {
      defineProtocol(definition as never);
    } catch (error) {
      expect(error).toBeInstanceOf(CmdStreamError);
      expect(error).toMatchObject({ code: 'invalid-argument' });
      return (error as CmdStreamError).message;
    }
    throw new Error('it was accepted');
  }

  it('what is no definition', () => {
    expect(refusalOf(undefined)).toBe('the definition of a protocol must be an object; got undefined');
    expect(refusalOf({ results, command: commands })).toBe(
      "the definition of a protocol has no option 'command'; did you mean 'commands'?",
    );
  });

  it('a protocol without Commands or Results', () => {
    expect(refusalOf({ results, commands: {} })).toBe("'commands' must declare at least one type; got an object");
    expect(refusalOf({ results: {}, commands })).toBe("'results' must declare at least one type; got an object");
    expect(refusalOf({ results })).toBe("'commands' must declare at least one type; got undefined");
    expect(refusalOf({ results: null, commands })).toBe("'results' must declare at least one type; got null");
  });

  it('a Result that is not declared, naming the Command and what there is', () => {
    expect(refusalOf({ results: { Sum: result(), Tick: result() }, commands: { Add: command().returns('Smu') } })).toBe(
      "'commands.Add' returns 'Smu', which is no Result of the protocol; there are Sum, Tick",
    );
  });

  it('a Result name that every object has', () => {
    expect(refusalOf({ results, commands: { Add: command().returns('toString') } })).toContain(
      "returns 'toString', which is no Result",
    );
  });

  it('a Command that does not say what it returns', () => {
    expect(refusalOf({ results, commands: { Add: command() } })).toBe(
      "'commands.Add' must be made by command<...>().returns('...'); got an object",
    );
  });

  it('what is neither Command nor Result', () => {
    expect(refusalOf({ results: { Sum: 'number' }, commands })).toBe(
      '\'results.Sum\' must be made by result<...>(); got "number"',
    );
    expect(refusalOf({ results: { Sum: commands.Add }, commands })).toContain("'results.Sum' must be made by result");
    expect(refusalOf({ results, commands: { Add: null } })).toContain("'commands.Add' must be made by command");
  });

  it('a Command called then, for which JavaScript would wait for ever', async () => {
    expect(refusalOf({ results, commands: Object.fromEntries([['then', commands.Add]]) })).toMatch(
      /^'commands\.then': a Command may not be called 'then', since JavaScript would take the protocol for a promise/,
    );
    // A Result is no member of the protocol.
    const protocol = defineProtocol({
      results: Object.fromEntries([['then', result<number>()]]),
      commands: { Add: command().returns('then') },
    });
    expect(await protocol).toBe(protocol);
  });

  it('whole numbers as names, whose order JavaScript changes', () => {
    expect(refusalOf({ results, commands: { Add: commands.Add, 7: commands.Add } })).toBe(
      "'commands.7': a name may not be a whole number, since JavaScript would change its place in the order",
    );
    expect(refusalOf({ results: { 0: result() }, commands })).toContain("'results.0'");
  });
});

describe('command() and result() refuse', () => {
  it('what is no schema', () => {
    expect(() => command({ a: 'number' } as never)).toThrow(
      'command() takes a Standard Schema or nothing; got an object',
    );
    expect(() => command(null as never)).toThrow('command() takes a Standard Schema or nothing; got null');
  });

  it('returns() without a name, or with the same twice', () => {
    expect(() => command().returns(...([] as unknown as ['Sum']))).toThrow('the name of at least one Result type');
    expect(() => command().returns(5 as never)).toThrow('the name of at least one Result type');
    expect(() => command().returns('Sum', 'Tick', 'Sum')).toThrow('names a Result type twice: Sum, Tick, Sum');
  });

  it('a misspelt option, and a lastOne that is no function', () => {
    expect(() => result({ lastone: () => true } as never)).toThrow("has no option 'lastone'; did you mean 'lastOne'?");
    expect(() => result(z.string(), { lastone: () => true } as never)).toThrow("has no option 'lastone'");
    expect(() => result({ lastOne: true } as never)).toThrow("option 'lastOne' must be a function; got true");
    expect(() => result(5 as never)).toThrow('the options of result() must be an object; got 5');
    expect(() => result(null as never)).toThrow('the options of result() must be an object; got null');
    expect(() => result(z.string(), null as never)).toThrow('the options of result() must be an object; got null');
    expect(result(undefined)).toMatchObject({ kind: 'result', schema: undefined, lastOne: undefined });
    expect(result({ lastOne: undefined } as object)).toMatchObject({ kind: 'result', lastOne: undefined });
  });

  it('nothing where a schema is a function, as some libraries have them', () => {
    const schema = Object.assign(() => undefined, z.string());
    Object.defineProperty(schema, '~standard', { value: z.string()['~standard'] });
    expect(command(schema as never).returns('Sum')).toMatchObject({ kind: 'command', schema });
    expect(result(schema as never)).toMatchObject({ kind: 'result', schema });
  });
});
