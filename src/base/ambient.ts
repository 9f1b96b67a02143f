import { AsyncLocalStorage } from 'node:async_hooks';

/** The Command that is being executed, for whoever asks within its handler; kept once somebody wants to know. */
let storage: AsyncLocalStorage<unknown> | undefined;

/** From now on handlers run where {@link ambientCommand} knows their Command. */
export function keepAmbient(): void {
  storage ??= new AsyncLocalStorage();
}

/** The context of the handler within which this is called; `undefined` outside of all, and where nobody keeps it. */
export function ambientCommand(): unknown {
  return storage?.getStore();
}

/** Whether somebody keeps it. */
export function isAmbientKept(): boolean {
  return storage !== undefined;
}

/** Calls `task`, which executes a Command with this context. */
export function runWithin(context: unknown, task: () => void): void {
  if (storage === undefined) task();
  else storage.run(context, task);
}
