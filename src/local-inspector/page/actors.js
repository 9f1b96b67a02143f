// The list of actors, as tabs: which of them has its statechart shown.
import { byId, element, setChildren, setText } from './elements.js';
import { toneOf } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').ShownActor} ShownActor */

/** In which order the actors of a system stand. @type {readonly string[]} */
const ORDER = ['server', 'group', 'circuitBreaker', 'client', 'session'];

/** How many systems that have ended are shown. */
const MAX_ENDED = 2;

export class ActorList {
  #list = byId('actors');
  /** @type {Map<string, HTMLElement>} */
  #tabs = new Map();
  /** @type {Map<string, HTMLElement>} */
  #headings = new Map();
  /** @type {string | undefined} */
  #selected;

  /** @param {Store} store @param {(id: string) => void} selected */
  constructor(store, selected) {
    this.store = store;
    this.selected = selected;
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
  }

  render() {
    const { systems, actors } = this.store;
    const parts = [...systems.values()].map(({ id, name }) => {
      const own = [...actors.values()].filter(({ system }) => system === id);
      own.sort((a, b) => ORDER.indexOf(a.machine) - ORDER.indexOf(b.machine));
      const isOver = own.every(({ isDone }) => isDone);
      return { id, name, own, rank: (isOver ? 2 : 0) + (own[0]?.machine === 'server' ? 1 : 0) };
    });
    // Senders, then servers, then what has ended last; each in the order in which they came.
    const running = parts.filter(({ rank }) => rank < 2).sort((a, b) => a.rank - b.rank);
    const ended = parts.filter(({ rank }) => rank > 1).slice(-MAX_ENDED);
    const shown = [...running, ...ended].flatMap(({ id, name, own, rank }) => [
      this.#heading(id, rank > 1 ? `${name}, ended` : name),
      ...own.map((actor) => this.#tab(actor)),
    ]);
    if (this.#selected === undefined || !actors.has(this.#selected)) this.#selectFirst();
    for (const [id, tab] of this.#tabs) {
      const isSelected = id === this.#selected;
      tab.setAttribute('aria-selected', String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      if (!actors.has(id)) this.#tabs.delete(id);
    }
    for (const id of this.#headings.keys()) if (!systems.has(id)) this.#headings.delete(id);
    setChildren(this.#list, shown);
    byId('no-actors').hidden = shown.length > 0;
  }

  /** The group of the newest sender, or whatever there is. */
  #selectFirst() {
    const all = [...this.store.actors.values()];
    const first = all.findLast(({ machine, isDone }) => machine === 'group' && !isDone) ?? all[0];
    if (first !== undefined) this.#select(first.id);
  }

  /** @param {string} id */
  #select(id) {
    this.#selected = id;
    this.selected(id);
  }

  /** @param {string} id @param {string} text */
  #heading(id, text) {
    const heading = this.#headings.get(id) ?? element('p', 'system');
    heading.setAttribute('role', 'presentation');
    this.#headings.set(id, heading);
    setText(heading, text);
    return heading;
  }

  /** @param {ShownActor} actor */
  #tab(actor) {
    const tab = this.#tabs.get(actor.id) ?? this.#makeTab(actor);
    tab.dataset.tone = toneOf(actor);
    const state = tab.lastElementChild;
    if (state !== null) setText(state, shortState(actor));
    return tab;
  }

  /** @param {ShownActor} actor */
  #makeTab({ id, name }) {
    const tab = element('button', 'actor');
    tab.type = 'button';
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', 'chart');
    tab.dataset.actor = name;
    const [who = name, where] = name.split(' @ ');
    const label = element('span', 'name', who);
    if (where !== undefined) label.append(' ', element('small', '', where));
    tab.append(label, element('span', 'state'));
    tab.addEventListener('click', () => this.#select(id));
    this.#tabs.set(id, tab);
    return tab;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const tabs = [...this.#list.querySelectorAll('[role=tab]')];
    const at = tabs.indexOf(/** @type {Element} */ (document.activeElement));
    if (at < 0) return;
    const steps = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = tabs.at(steps[/** @type {keyof typeof steps} */ (event.key)] % tabs.length);
    if (!(next instanceof HTMLElement)) return;
    next.click();
    next.focus();
  }
}

/** The state as people would say it: what is inside `ready` is a detail here. @param {ShownActor} actor */
export function shortState({ states }) {
  const words = states.map((state) => {
    const [outer = '', inner = ''] = state.split('.');
    if (outer === 'connected') return inner;
    return outer === 'halfOpen' ? 'half-open' : outer;
  });
  return [...new Set(words)].join(', ');
}
