import type { Hooks } from './hooks.ts';

const NOOP = Object.freeze({});

/** Hooks that do nothing: what a sender has by default. */
export const noopHooks = (): Hooks => NOOP;
