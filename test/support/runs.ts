/**
 * Number of cases that a random test tries: `thorough` in `npm run test:slow`, and a part of it in each run of the tests, which
 * are many. The seed is another one each time, so that all of them together try what no single run does.
 */
export function runs(thorough: number): number {
  return process.env.THOROUGH === undefined ? Math.ceil(thorough / 4) : thorough;
}
