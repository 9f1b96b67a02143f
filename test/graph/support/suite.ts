import { describe, expect, it, vi } from 'vitest';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { chartName } from '../../../src/base/edge-counts.ts';
import { chartOf, statesOf } from './chart.ts';
import { type Section, writeSection } from './coverage.ts';
import { Explored } from './explored.ts';
import { Model, type ModelState, type Scenario } from './model.ts';
import { type Mutant, machineOf, mutantsOf, withMutant } from './mutants.ts';
import { Coverage, findPaths } from './paths.ts';
import { Quiet } from './quiet.ts';
import { type Play, replay, type Script, scriptOf } from './replay.ts';
import { areSame, type Graph, graphOf } from './same.ts';
import { writeWalked } from './walked.ts';

/** A machine, what it may meet, and the stage on which its real implementation is taken along all paths. */
export interface Production<World> {
  /** As in the title of its file. */
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly scenarios: readonly Scenario<World>[];
  /** Opens the stage for one path of a scenario. */
  open(scenario: Scenario<World>): Play | Promise<Play>;
  /** What {@link Play.look} must give. */
  seen(state: ModelState<World>): unknown;
  /** What {@link Play.tryOut} must give. */
  tried?(state: ModelState<World>): unknown;
  /** What an actor remembers, and must remember as the model does. */
  remembered?(context: never): unknown;
  /** Mutants that do the same as the machine, by name, with the reason. */
  readonly equivalent?: Readonly<Record<string, string>>;
  /** Opens the stage for a mutant, where the implementation has to be loaded anew for it. */
  openMutant?(scenario: Scenario<World>): Play | Promise<Play>;
}

/**
 * Whether the wide scenarios are walked, and mutants tried, as well. Mutants prove the paths, and take three times as long as
 * these.
 */
const IS_THOROUGH = process.env.THOROUGH !== undefined || process.env.COVERAGE === 'write';

/** So many paths are tried before machines are compared. */
const FEW = 12;

interface Rehearsed<World> {
  readonly scenario: Scenario<World>;
  readonly explored: Explored<World>;
  readonly scripts: readonly Script[];
  readonly covered: Coverage;
}

/** The tests of one machine. */
export function testMachine<World>(production: Production<World>): void {
  const { name, machine } = production;
  const chart = chartOf(machine);
  const remembered = (snapshot: AnyMachineSnapshot) => production.remembered?.(snapshot.context as never);
  const expectations = {
    seen: production.seen,
    remembered,
    ...(production.tried === undefined ? {} : { tried: production.tried }),
  };
  const walked = production.scenarios.filter(({ wide }) => IS_THOROUGH || wide !== true);
  const rehearsed: Rehearsed<World>[] = walked.map((scenario) => {
    const explored = new Explored(new Model(machine, chart, scenario));
    const { paths, covered } = findPaths(explored);
    return {
      scenario,
      explored,
      covered,
      scripts: paths.map((path) => scriptOf(path, (value) => statesOf(value), expectations)),
    };
  });
  /** Of each scenario, worked out when they are needed first. */
  let graphs: readonly Graph<World>[] | undefined;
  const section: { -readonly [Key in keyof Section]?: Section[Key] } = {};

  describe(`the ${name} machine`, () => {
    const walksAll = walked.length === production.scenarios.length;
    it.runIf(walksAll)('has no transition, state or side of a guard that no path reaches', () => {
      const all = union(rehearsed.map(({ covered }) => covered));
      const declared = [...chart.transitions].filter(([, { guard }]) => guard !== undefined);
      const missing = {
        states: chart.nodes.filter(({ path }) => path.length > 0).map(({ path }) => path.join('.')),
        transitions: [...chart.transitions.keys()],
        refusals: declared.map(([label]) => label),
      };
      expect(missing.states.filter((state) => !all.states.has(state))).toEqual([]);
      expect(missing.transitions.filter((label) => !all.transitions.has(label))).toEqual([]);
      expect(missing.refusals.filter((label) => !all.refusals.has(label) && !isAlways(label))).toEqual([]);
      section.reachable = all;
      section.declared = {
        states: missing.states.length,
        transitions: chart.transitions.size,
        guards: declared.length,
      };
    });

    for (const { scenario, scripts } of rehearsed) {
      it(`is what the implementation does: ${scenario.name}, ${scripts.length} paths`, async () => {
        const warned = vi.spyOn(console, 'warn');
        for (const script of scripts) {
          await replay(script, await production.open(scenario), { transitions: true, remembered });
        }
        expect(warned).not.toHaveBeenCalled();
        warned.mockRestore();
        section.paths = (section.paths ?? 0) + scripts.length;
      });
    }

    const mutants = mutantsOf(machine, chart);
    const title = `cannot be changed without a test that fails: ${mutants.length} mutants`;
    it.runIf(IS_THOROUGH)(title, { timeout: 600_000 }, async () => {
      // Where the machine itself leaves a path, that a mutant does means nothing.
      expect(section.paths).toBe(rehearsed.reduce((sum, { scripts }) => sum + scripts.length, 0));
      const quiet = new Quiet();
      const survivors: string[] = [];
      const same: string[] = [];
      try {
        for (const mutant of mutants) {
          const ways = byPromise(mutant);
          const caught = async (some: typeof ways) => {
            const isCaught = await leaves(mutant, some);
            // An actor that breaks says so a little later.
            return (await quiet.crashed()) || isCaught;
          };
          // Most are caught at once, and to compare machines takes longer than a few paths.
          if (await caught(ways.slice(0, FEW))) continue;
          if (isSame(mutant)) same.push(mutant.name);
          else if (!(await caught(ways.slice(FEW)))) survivors.push(mutant.name);
        }
      } finally {
        await quiet.end();
      }
      const { equivalent = {} } = production;
      const caught = mutants.length - same.length - survivors.length;
      section.mutants = { total: mutants.length, same, equivalent, caught };
      expect(survivors.toSorted()).toEqual(Object.keys(equivalent).toSorted());
    });

    it.runIf(walksAll)('is described as it is in visualizations/coverage.md, and its edges in walked.json', () => {
      const known = ['declared', ...(IS_THOROUGH ? ['mutants'] : []), 'paths', 'reachable'];
      expect(Object.keys(section).sort()).toEqual(known);
      writeSection(name, section as Section);
      writeWalked(chartName(machine.id), (section as Section).reachable.edges);
    });
  });

  /** Whether a mutant is the same machine in other words. */
  function isSame(mutant: Mutant): boolean {
    const mutated = machineOf(machine, mutant);
    graphs ??= rehearsed.map(({ explored }) => graphOf(explored));
    return graphs.every((graph) => areSame(graph, mutant, graph.model.twin(mutated, chartOf(mutated)), remembered));
  }

  /** Whether the implementation leaves one of these paths when it runs a mutant. */
  async function leaves(mutant: Mutant, ways: ReturnType<typeof byPromise>): Promise<boolean> {
    return withMutant(machine, mutant, async () => {
      for (const { scenario, script } of ways) {
        try {
          const play = await (production.openMutant ?? production.open)(scenario);
          await replay(script, play, { transitions: false, remembered });
        } catch {
          // A difference; and whatever else breaks is a failure that a test sees as well.
          return true;
        }
      }
      return false;
    });
  }

  /** The paths that a mutant can lead away from: those through what it changes first, and short ones. */
  function byPromise({ label, state, isOfTaken }: Mutant) {
    const all = rehearsed.flatMap(({ scenario, scripts }) => scripts.map((script) => ({ scenario, script })));
    const distance = ({ script }: { readonly script: Script }) =>
      script.expectations.length + (label === undefined || script.labels.has(label) ? 0 : 1000);
    return all
      .filter(({ script: { states, labels } }) =>
        label !== undefined && isOfTaken
          ? labels.has(label)
          : // A state that is left in the step that enters it shows in the transition that leaves it only.
            state === '(root)' || states.has(state) || [...labels].some((taken) => taken.startsWith(`${state}:`)),
      )
      .toSorted((a, b) => distance(a) - distance(b));
  }
}

/** A guard of `always` is asked in every step: that it refuses is not worth a name. */
const isAlways = (label: string) => label.includes(': always');

function union(all: readonly Coverage[]): Coverage {
  const whole = new Coverage();
  for (const covered of all) {
    for (const kind of ['states', 'transitions', 'edges', 'pairs', 'refusals', 'stimuli'] as const) {
      for (const item of covered[kind]) whole[kind].add(item);
    }
  }
  return whole;
}
