import type { Hooks, HooksFactory } from './hooks.ts';

const NOOP: Hooks = Object.freeze({});

/** Hooks that do nothing: what a sender has by default. */
export const noopHooks: HooksFactory = () => NOOP;
