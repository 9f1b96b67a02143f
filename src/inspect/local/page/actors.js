// The list of actors, as tabs: which of them has its statechart shown.
import { byId, element, setChildren, setText } from './elements.js';
import { toneOf } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').ShownActor} ShownActor */

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
  /** The client of the connection that is selected. @type {string | undefined} */
  #client;

  /** @param {Store} store @param {(id: string) => void} selected */
  constructor(store, selected) {
    this.store = store;
    this.selected = selected;
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
  }

  render() {
    const { systems, actors } = this.store;
    const parts = [...systems.values()].map(({ id, name, isServer }) => {
      const own = this.#inOrder([...actors.values()].filter(({ system }) => system === id));
      const isOver = own.every(({ isDone }) => isDone);
      return { id, name, own, rank: (isOver ? 2 : 0) + (isServer ? 1 : 0) };
    });
    // Senders, then servers, then what has ended last; each in the order in which they came.
    const running = parts.filter(({ rank }) => rank < 2).sort((a, b) => a.rank - b.rank);
    const ended = parts.filter(({ rank }) => rank > 1).slice(-MAX_ENDED);
    const shown = [...running, ...ended].flatMap(({ id, name, own, rank }) => [
      this.#heading(id, rank > 1 ? `${name}, ended` : name),
      ...own.map((actor) => this.#tab(actor)),
    ]);
    if (this.#selected === undefined || !actors.has(this.#selected)) this.#selectOther();
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

  /** The client whose connection is gone; else the group of the newest sender, or whatever there is. */
  #selectOther() {
    const all = [...this.store.actors.values()];
    const { systems, actors, machines } = this.store;
    const lead = all.findLast(
      ({ system, machine, isDone }) => machines[machine].leads && !systems.get(system)?.isServer && !isDone,
    );
    const first = actors.get(this.#client ?? '') ?? lead ?? all[0];
    if (first !== undefined) this.#select(first.id);
  }

  /** @param {string} id */
  #select(id) {
    this.#selected = id;
    this.#client = this.store.actors.get(id)?.client;
    this.selected(id);
  }

  /** The actors of a system in their order, the connections of each client behind it. @param {ShownActor[]} actors */
  #inOrder(actors) {
    const order = Object.keys(this.store.machines);
    const isLed = new Set(actors.map(({ id }) => id));
    const own = actors.filter(({ client = '' }) => isLed.has(client));
    const others = actors.filter((actor) => !own.includes(actor));
    others.sort((a, b) => order.indexOf(a.machine) - order.indexOf(b.machine));
    return others.flatMap((actor) => [actor, ...own.filter(({ client }) => client === actor.id)]);
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
    tab.dataset.tone = toneOf(actor, this.store.machines[actor.machine]);
    const state = tab.lastElementChild;
    if (state !== null) setText(state, shortState(actor));
    return tab;
  }

  /** @param {ShownActor} actor */
  #makeTab({ id, name, client }) {
    const tab = element('button', client === undefined ? 'actor' : 'actor led');
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

/** The state as people would say it: what is inside `connected` is a detail here. @param {ShownActor} actor */
export function shortState({ states }) {
  return [...new Set(states.flatMap(wordsOf))].join(', ');
}

/** Words for a state: for a connection in use what it does beside that, where it does anything. @param {string} state */
function wordsOf(state) {
  const [outer = '', region, use = '', inner = ''] = state.split('.');
  if (region === 'keepalive') return use === 'resting' ? [] : [use];
  if (region === 'use') return [use === 'accepting' && inner !== 'fresh' ? inner : use];
  if (outer === 'alive' || region === 'rolling') return [region];
  if (outer === 'connected') return ['ready'];
  return [outer === 'halfOpen' ? 'half-open' : outer];
}
