// Which requests are listed: by what the reader looks for.
import { byId, element } from './elements.js';

/** @typedef {import('./store.js').ShownRequest} ShownRequest */

/** So many Commands stand to choice; the search finds the others. */
const MAX_COMMANDS = 200;

export class RequestFilter {
  #search = /** @type {HTMLInputElement} */ (byId('search'));
  #command = /** @type {HTMLSelectElement} */ (byId('command'));
  #slower = /** @type {HTMLInputElement} */ (byId('slower'));
  #failed = /** @type {HTMLInputElement} */ (byId('failed'));
  /** @type {Set<string>} */
  #commands = new Set();

  /** @param {() => void} changed */
  constructor(changed) {
    for (const field of [this.#search, this.#command, this.#slower, this.#failed])
      field.addEventListener('input', changed);
  }

  /** Whether any are left out. */
  get isOn() {
    return this.#search.value.trim() !== '' || this.#command.value !== '' || this.#slowerMs > 0 || this.#failed.checked;
  }

  /** Those that are wanted, of `requests`. @param {readonly ShownRequest[]} requests */
  apply(requests) {
    this.#offer(requests);
    const wanted = this.#search.value.trim().toLowerCase();
    const command = this.#command.value;
    const slowerMs = this.#slowerMs;
    return requests.filter(
      (request) =>
        (!this.#failed.checked || !(request.outcome === undefined || request.outcome === 'succeeded')) &&
        (command === '' || request.command === command) &&
        (slowerMs === 0 || tookMs(request) > slowerMs) &&
        (wanted === '' || textOf(request).includes(wanted)),
    );
  }

  get #slowerMs() {
    return Math.max(0, Number(this.#slower.value) || 0);
  }

  /** Commands that have been seen stand to choice. @param {readonly ShownRequest[]} requests */
  #offer(requests) {
    for (const { command } of requests) {
      if (this.#commands.has(command) || this.#commands.size >= MAX_COMMANDS) continue;
      this.#commands.add(command);
      const option = element('option', '', command);
      option.value = command;
      this.#command.append(option);
    }
  }
}

/** How long a request took, or has taken so far. @param {ShownRequest} request */
export function tookMs({ steps }) {
  return (steps.at(-1)?.atMs ?? 0) - (steps[0]?.atMs ?? 0);
}

/** Everything of a request that is read as text. @param {ShownRequest} request */
function textOf({ number, command, client = '', payload = '', outcome, steps }) {
  return `#${number} ${command} ${client} ${payload} ${outcome ?? ''} ${steps.map(({ text }) => text).join(' ')}`.toLowerCase();
}
