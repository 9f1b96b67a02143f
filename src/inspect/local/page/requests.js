// The requests that were seen last, newest first; one of them has its sequence shown.
import { byId, element, setChildren, setText } from './elements.js';
import { RequestFilter, tookMs } from './request-filter.js';
import { durationText } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').ShownRequest} ShownRequest */

/** @type {Readonly<Record<string, string>>} */
const OUTCOMES = { succeeded: 'succeeded', failed: 'failed', timedOut: 'timed out', cancelled: 'cancelled' };

export class RequestList {
  #list = byId('requests');
  #newest = byId('newest');
  #filter = new RequestFilter(() => this.render());
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  /** The one that the reader has chosen; otherwise the newest is shown. @type {string | undefined} */
  #chosen;
  /** @type {readonly ShownRequest[]} */
  #shown = [];

  /** @param {Store} store @param {(request: ShownRequest | undefined) => void} selected */
  constructor(store, selected) {
    this.store = store;
    this.selected = selected;
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
    this.#newest.addEventListener('click', () => this.#choose(undefined));
  }

  render() {
    const all = [...this.store.requests.values()].reverse();
    this.#shown = this.#filter.apply(all);
    if (this.#chosen !== undefined && !this.store.requests.has(this.#chosen)) this.#chosen = undefined;
    for (const id of this.#rows.keys()) if (!this.store.requests.has(id)) this.#rows.delete(id);
    setChildren(
      this.#list,
      this.#shown.map((request) => this.#row(request)),
    );
    const none = byId('no-requests');
    none.hidden = this.#shown.length > 0;
    setText(
      none,
      all.length === 0
        ? 'No request has been seen yet.'
        : `None of the ${all.length} requests that are kept is such a one.`,
    );
    setText(
      byId('requests-title'),
      this.#filter.isOn ? `Requests, ${this.#shown.length} of ${all.length}` : 'Requests',
    );
    this.#mark();
  }

  /** @param {string | undefined} id */
  #choose(id) {
    this.#chosen = id;
    this.#mark();
  }

  /** The newest one that has left, since of others there is little to see. */
  get #current() {
    const id = this.#chosen;
    if (id !== undefined) return this.#shown.find((request) => request.id === id);
    return this.#shown.find(({ steps }) => steps.length > 1) ?? this.#shown[0];
  }

  #mark() {
    const current = this.#current;
    this.#newest.setAttribute('aria-pressed', String(this.#chosen === undefined));
    for (const [id, row] of this.#rows) row.setAttribute('aria-selected', String(id === current?.id));
    const row = this.#rows.get(current?.id ?? '');
    if (row !== undefined) this.#list.setAttribute('aria-activedescendant', row.id);
    if (this.#chosen !== undefined) row?.scrollIntoView({ block: 'nearest' });
    this.selected(current);
  }

  /** @param {ShownRequest} request */
  #row(request) {
    const row = this.#rows.get(request.id) ?? this.#makeRow(request);
    const { steps, outcome, results, client } = request;
    const [, , from, took, end, why] = [...row.children];
    row.dataset.outcome = outcome ?? 'waiting';
    if (from !== undefined) setText(from, client?.split(' @ ')[0] ?? '');
    if (took !== undefined) setText(took, outcome === undefined ? '' : durationText(tookMs(request)));
    const soFar = results > 1 ? `${results} Results` : steps.length > 1 ? 'sent' : 'queued';
    const text = outcome === undefined ? soFar : (OUTCOMES[outcome] ?? outcome);
    if (end !== undefined) setText(end, outcome === 'succeeded' && results > 1 ? `${text}, ${results} Results` : text);
    const reason = outcome === undefined || outcome === 'succeeded' ? '' : (steps.at(-1)?.text ?? '');
    if (why instanceof HTMLElement) {
      setText(why, reason);
      why.hidden = reason === '';
      why.title = reason;
    }
    return row;
  }

  /** @param {ShownRequest} request */
  #makeRow({ id, number, command }) {
    const row = element('div', 'request');
    row.id = `request-${id}`;
    row.setAttribute('role', 'option');
    row.append(element('span', 'number', `#${number}`), element('span', 'command', command));
    row.append(element('span', 'client'), element('span', 'took'), element('span', 'outcome'), element('span', 'why'));
    row.addEventListener('click', () => this.#choose(id));
    this.#rows.set(id, row);
    return row;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { key } = event;
    const at = this.#shown.findIndex(({ id }) => id === this.#current?.id);
    const last = this.#shown.length - 1;
    const steps = { ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last };
    if (key === 'Escape') this.#choose(undefined);
    else if (key in steps) this.#choose(this.#shown[steps[/** @type {keyof typeof steps} */ (key)]]?.id);
    else return;
    event.preventDefault();
  }
}
