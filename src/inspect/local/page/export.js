// What is seen, as a file; and such a file, shown in place of what goes on.
import { byId } from './elements.js';

/** @typedef {import('./store.js').Store} Store */

const FORMAT = 'cmd-stream inspection';
/** The lists of a file, and the fields of their elements that are read as lists and as texts. */
const LISTS = {
  systems: { lists: [], texts: ['id', 'name'] },
  actors: { lists: ['states', 'facts', 'history'], texts: ['id', 'name', 'machine'] },
  transitions: { lists: ['from', 'to'], texts: ['actor', 'name', 'event', 'cause'] },
  requests: { lists: ['steps'], texts: ['id', 'command'] },
  seconds: { lists: [], texts: [] },
};

/** @param {Store} store @param {(name: string) => void} opened @param {(why: string) => void} failed */
export function offerFiles(store, opened, failed) {
  byId('export').addEventListener('click', () => save(store));
  const field = /** @type {HTMLInputElement} */ (byId('open'));
  field.addEventListener('change', async () => {
    const [file] = field.files ?? [];
    if (file === undefined) return;
    try {
      store.replace(read(await file.text(), store));
      opened(file.name);
    } catch (error) {
      failed(`${file.name} cannot be read: ${error instanceof Error ? error.message : error}`);
    }
    // So that the same file can be chosen again.
    field.value = '';
  });
}

/** @param {Store} store */
function save(store) {
  const blob = new Blob([`${JSON.stringify({ format: FORMAT, ...store.all() }, undefined, 1)}\n`], {
    type: 'application/json',
  });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `inspection-${new Date(store.startedAt + store.nowMs).toISOString().replaceAll(/[:.]/g, '-')}.json`;
  link.click();
  // The browser reads it a moment later.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** What a file says; of machines only what the page knows is shown. @param {string} text @param {Store} store */
function read(text, { machines, kept }) {
  const all = JSON.parse(text);
  if (all?.format !== FORMAT) throw new Error(`it is no ${FORMAT}`);
  for (const [name, { lists, texts }] of Object.entries(LISTS)) {
    const isWhole = (/** @type {any} */ one) =>
      lists.every((field) => Array.isArray(one?.[field])) && texts.every((field) => typeof one?.[field] === 'string');
    if (!Array.isArray(all[name]) || !all[name].every(isWhole))
      throw new Error(`its ${name} are not as they were saved`);
  }
  if (![all.startedAt, all.nowMs].every(Number.isFinite)) throw new Error('it does not say when it was saved');
  const actors = all.actors.filter((/** @type {{ machine: string }} */ { machine }) =>
    Object.hasOwn(machines, machine),
  );
  return { ...all, actors, machines, kept, gone: [] };
}
