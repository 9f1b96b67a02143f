// The changes of state that were seen last, newest first.
import { byId, element, setChildren } from './elements.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').ShownTransition} ShownTransition */

const MAX_SHOWN = 60;

export class TransitionList {
  #list = byId('transitions');
  #onlySelected = /** @type {HTMLInputElement} */ (byId('only-selected'));
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  /** @type {string | undefined} */
  #selected;
  /** @type {readonly ShownTransition[]} */
  #seen = [];

  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    this.#onlySelected.addEventListener('change', () => this.render(true));
  }

  /** @param {string} id */
  select(id) {
    this.#selected = id;
  }

  /** @param {boolean} isPaused */
  render(isPaused) {
    if (!isPaused) this.#seen = this.store.transitions;
    const isWanted = ({ actor = '' }) => !this.#onlySelected.checked || actor === this.#selected;
    const shown = this.#seen.filter(isWanted).slice(-MAX_SHOWN).reverse();
    const numbers = new Set(shown.map(({ number }) => number));
    for (const number of this.#rows.keys()) if (!numbers.has(number)) this.#rows.delete(number);
    setChildren(
      this.#list,
      shown.map((transition) => this.#row(transition)),
    );
  }

  /** @param {ShownTransition} transition */
  #row(transition) {
    // After a restart of the inspector, numbers begin anew.
    const key = transition.number + this.store.startedAt;
    const known = this.#rows.get(transition.number);
    if (known?.dataset.key === String(key)) return known;
    const row = element('li');
    row.dataset.key = String(key);
    const { name, cause, from, to, atMs } = transition;
    const change = element('span', 'change');
    const [left, entered] = [without(from, to), without(to, from)];
    const common = commonStart(left, entered);
    if (left.length > 0) change.append(element('span', 'from', pathText(left, common)), ' → ');
    change.append(element('strong', '', pathText(entered, common)));
    const [who = name] = name.split(' @ ');
    row.append(element('time', '', this.store.timeOf(atMs)), element('span', 'who', who), change);
    row.append(element('span', 'cause', cause));
    this.#rows.set(transition.number, row);
    return row;
  }
}

/** Without the states of the other regions, in which nothing has changed. @param {readonly string[]} states @param {readonly string[]} others */
function without(states, others) {
  return states.filter((state) => !others.includes(state));
}

/** How many of the outermost states are the same in all paths. @param {readonly string[]} from @param {readonly string[]} to */
function commonStart(from, to) {
  const [first = [], ...others] = [...from, ...to].map((path) => path.split('.'));
  if (others.length === 0) return 0;
  const depth = first.findIndex((name, at) => others.some((other) => other[at] !== name));
  return Math.max(0, depth);
}

/** The paths of states, in words, without their first parts. @param {readonly string[]} paths @param {number} common */
function pathText(paths, common) {
  return paths.map((path) => path.split('.').slice(common).join(' · ')).join(', ');
}
