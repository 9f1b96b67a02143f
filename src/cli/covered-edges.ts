import type { WalkedEdge } from '../base/edge-counts.ts';

/** The edges that tests walk, by chart: from, event, to of each. */
export type WalkedByTests = Readonly<Record<string, readonly (readonly [string, string, string])[]>>;

/** Which edges of one chart were walked by whom. */
export interface ChartCoverage {
  readonly chart: string;
  /** Those that production has walked, with how often. */
  readonly production: readonly WalkedEdge[];
  /** Those that tests walk. */
  readonly tests: readonly WalkedEdge[];
  readonly productionOnly: readonly WalkedEdge[];
  readonly testsOnly: readonly WalkedEdge[];
}

/** Compares what production has walked with what tests have: every chart that either of them knows. */
export function coverageOf(walked: readonly WalkedEdge[], byTests: WalkedByTests): readonly ChartCoverage[] {
  const names = new Set([...Object.keys(byTests), ...walked.map(({ chart }) => chart)]);
  return [...names].sort().map((chart) => {
    const production = walked.filter((edge) => edge.chart === chart);
    const told = Object.hasOwn(byTests, chart) ? (byTests[chart] ?? []) : [];
    const tests = told.map(([from, event, to]) => ({ chart, from, event, to, count: 0 }));
    const [ofProduction, ofTests] = [production, tests].map((edges) => new Set(edges.map(keyOf)));
    return {
      chart,
      production,
      tests,
      productionOnly: production.filter((edge) => !ofTests?.has(keyOf(edge))),
      testsOnly: tests.filter((edge) => !ofProduction?.has(keyOf(edge))),
    };
  });
}

const keyOf = ({ from, event, to }: WalkedEdge) => JSON.stringify([from, event, to]);
