import type { CmdStreamErrorCode } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf, soon, stage } from '../client/stage.ts';
import { ended, NOTHING, Scene } from './coded.ts';
import type { Beside, Ending } from './ending.ts';
import { ENDINGS_BEFORE } from './endings-before.ts';
import { ENDINGS_UNDER_WAY } from './endings-under-way.ts';

// What traces and metrics of both ends tell of each code: what a dashboard is made of.

const own = stage();

/** The compiler misses a code that is added. */
const ENDINGS: Readonly<Record<CmdStreamErrorCode, readonly (Ending | Beside)[]>> = {
  ...ENDINGS_BEFORE,
  ...ENDINGS_UNDER_WAY,
};

const all = Object.entries(ENDINGS).flatMap(([code, endings]) =>
  endings.map((ending) => [code as CmdStreamErrorCode, ending.when, ending] as const),
);

describe('a send that ends by', () => {
  it.each(all.filter(([, , ending]) => 'fails' in ending))('%s, when %s', async (code, _, ending) => {
    const { fails, instead, of = 'Echo', atClient = 'ERROR', atServer, warns } = ending as Ending;
    if (warns !== undefined) own.expectWarning(warns);
    const scene = new Scene(own);
    const failure = await failureOf(fails(scene));
    expect(failure).toMatchObject(instead === undefined ? { code } : { code: instead, cause: { code } });
    const method = `shop/${of}`;
    const seen = () => ({ client: scene.client.seen(method), server: scene.server.seen(method) });
    const golden = {
      client: ended('CLIENT', method, failure.code, atClient),
      server: atServer === undefined ? NOTHING : ended('SERVER', method, ...atServer),
    };
    await soon(seen).toEqual(golden);
    await scene[Symbol.asyncDispose]();
    expect(seen()).toEqual(golden);
  });
});

describe('what is no send and fails by', () => {
  it.each(all.filter(([, , ending]) => 'failsBeside' in ending))(
    '%s, when %s, is told of nowhere',
    async (code, _, ending) => {
      const scene = new Scene(own);
      expect(await failureOf((ending as Beside).failsBeside(scene))).toMatchObject({ code });
      await scene[Symbol.asyncDispose]();
      expect([scene.client.seen(), scene.server.seen()]).toEqual([NOTHING, NOTHING]);
    },
  );
});
