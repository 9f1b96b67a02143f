/** A metric as an expression asks for it. */
export interface Selector {
  readonly metric: string;
  /** Its matchers: label and value, alternatives of a value apart from each other. */
  readonly matchers: readonly (readonly [label: string, value: string])[];
}

/** What an expression of PromQL stands on. */
export interface Asked {
  readonly selectors: readonly Selector[];
  /** The labels by which it groups. */
  readonly groups: readonly string[];
}

const GROUPING = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;
/** An identifier with its matchers and its range; a function where a parenthesis follows. */
const IDENTIFIER = /(?<![\w.$])([a-z_]\w*)\s*(?:\{([^}]*)\})?(?:\[[^\]]*\])?\s*(\()?/gi;
const MATCHER = /(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g;
const OPERATORS = ['and', 'or', 'unless', 'bool'];
const AGGREGATIONS = ['sum', 'min', 'max', 'avg', 'count'];

/** Reads an expression, as far as dashboards and alerts here go. */
export function asked(expression: string): Asked {
  const groups = [...expression.matchAll(GROUPING)].flatMap(([, labels = '']) =>
    labels.split(',').map((it) => it.trim()),
  );
  const selectors = [...expression.replaceAll(GROUPING, '').matchAll(IDENTIFIER)]
    .filter(([, name = '', , call]) => call === undefined && !OPERATORS.includes(name) && !AGGREGATIONS.includes(name))
    .map(([, metric = '', matchers = '']) => ({
      metric,
      matchers: [...matchers.matchAll(MATCHER)].flatMap(([, label = '', value = '']) =>
        value.split('|').map((one) => [label, one] as const),
      ),
    }));
  return { selectors, groups };
}

/** Labels and their values, by metric. */
export type Exposed = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** Reads what a process exposes to Prometheus; a family without values has a name all the same. */
export function exposed(text: string): Exposed {
  const all = new Map<string, Map<string, Set<string>>>();
  const labelsOf = (metric: string) => all.get(metric) ?? all.set(metric, new Map()).get(metric)!;
  for (const line of text.split('\n')) {
    const [, family, kind] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
    if (family !== undefined) {
      for (const part of kind === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) labelsOf(family + part);
    } else if (line !== '' && !line.startsWith('#')) {
      const [, metric = '', pairs = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
      const labels = labelsOf(metric);
      for (const [, label = '', value = ''] of pairs.matchAll(MATCHER)) {
        if (!labels.has(label)) labels.set(label, new Set());
        labels.get(label)?.add(value);
      }
    }
  }
  return all;
}
