import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';

const EXECUTABLE = '/usr/bin/chromium';
const ARGUMENTS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** How a page is looked at. */
export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly colours?: 'light' | 'dark';
}

/** What browser tests work with. */
export interface InBrowser {
  /** Opens a page. When the test ends, it must have logged nothing, and have asked for nothing from another site. */
  open(url: string, look?: Look): Promise<Page>;
  /** Pages may ask for this origin as well. */
  allow(origin: string): void;
  /** Pages may log this: what a browser says of a server that is gone. */
  tolerate(text: string): void;
  /** Closes something after the test, and after its pages. */
  onEnd(close: () => unknown): void;
}

/**
 * Call it at the top of a test file: headless Chromium for its tests. Where there is none they are skipped, except in CI,
 * where they fail.
 */
export function inBrowser(): InBrowser {
  const isMissing = !existsSync(EXECUTABLE) && process.env.CI !== 'true';
  const closes: (() => unknown)[] = [];
  const complaints: string[] = [];
  const tolerated = new Set<string>();
  const origins = new Set<string>();
  const allowed = new Set<string>();
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (isMissing) console.warn('skipped: no Chromium');
    else browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  });
  afterAll(() => browser?.close());
  beforeEach((context) => {
    if (isMissing) context.skip('skipped: no Chromium');
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    for (const close of closes.splice(0).reverse()) await close();
    const foreign = [...origins].filter((origin) => !allowed.has(origin));
    const logged = complaints.splice(0).filter((text) => ![...tolerated].some((part) => text.includes(part)));
    for (const set of [origins, allowed, tolerated]) set.clear();
    expect({ logged, foreign }).toEqual({ logged: [], foreign: [] });
  });

  return {
    async open(url, { width = 1440, height = 900, colours = 'light' } = {}) {
      if (browser === undefined) throw new Error('there is no browser');
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: colours });
      page.setDefaultTimeout(8_000);
      page.on('console', (message) => {
        if (message.type() !== 'debug') complaints.push(`${message.type()}: ${message.text()}`);
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => origins.add(new URL(request.url()).origin));
      allowed.add(new URL(url).origin);
      await page.goto(url);
      return page;
    },
    tolerate: (text) => void tolerated.add(text),
    allow: (origin) => void allowed.add(origin),
    onEnd: (close) => void closes.push(close),
  };
}
