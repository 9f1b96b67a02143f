// The statechart of the selected actor: the drawing of its machine, with the states that it is in lit up.
import { shortState } from './actors.js';
import { byId, setText, toggle } from './elements.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').ShownActor} ShownActor */
/** @typedef {import('./store.js').ShownTransition} ShownTransition */

/** How long the arrow of a transition stays lit. */
const LIT_MS = 1_500;
/** The smallest scale at which the texts of a drawing are read with ease. */
const LEGIBLE = 0.8;

export class ChartView {
  #panel = byId('chart');
  /** @type {Map<string, Promise<SVGElement>>} */
  #drawings = new Map();
  /** @type {string | undefined} */
  #selected;
  /** The id of the actor whose drawing is in the panel. */
  #drawn = '';
  #states = '';
  #lastTransition = 0;

  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    toggle('whole', () => this.#fit());
    new ResizeObserver(() => this.#fit()).observe(this.#panel);
  }

  /** @param {string} id */
  select(id) {
    this.#selected = id;
  }

  /** @param {boolean} isPaused */
  render(isPaused) {
    const actor = this.store.actors.get(this.#selected ?? '');
    if (actor === undefined) return;
    const [client] = this.store.actors.get(actor.client ?? '')?.name.split(' @ ') ?? [];
    setText(byId('chart-title'), client === undefined ? actor.name : `${client} · ${actor.name}`);
    if (this.#drawn !== actor.id) {
      this.#drawn = actor.id;
      void this.#draw(actor);
    } else if (!isPaused) {
      this.#light(actor);
    }
  }

  /** @param {ShownActor} actor */
  async #draw(actor) {
    const drawing = await this.#drawingOf(this.store.machines[actor.machine].drawing);
    if (this.#drawn !== actor.id) return;
    this.#panel.replaceChildren(drawing);
    for (const lit of drawing.querySelectorAll('.lit, .just-now')) lit.classList.remove('lit', 'just-now');
    this.#states = '';
    this.#lastTransition = this.store.transitions.at(-1)?.number ?? 0;
    this.#fit();
    this.#light(this.store.actors.get(actor.id) ?? actor);
  }

  /** @param {string} name */
  #drawingOf(name) {
    const loading = this.#drawings.get(name) ?? load(`/charts/${name}.svg`);
    this.#drawings.set(name, loading);
    return loading;
  }

  /** @param {ShownActor} actor */
  #light(actor) {
    setText(byId('chart-facts'), [shortState(actor), ...actor.facts].join(' · '));
    const states = actor.states.join(' ');
    if (states !== this.#states) {
      this.#states = states;
      for (const group of this.#panel.querySelectorAll('[data-state]')) {
        const path = group.getAttribute('data-state') ?? '';
        const isActive = path !== '' && actor.states.some((leaf) => leaf === path || leaf.startsWith(`${path}.`));
        group.classList.toggle('lit', isActive);
      }
      this.#reveal();
    }
    const last = this.#lastTransition;
    const fresh = this.store.transitions.filter((each) => each.actor === actor.id && each.number > last);
    this.#lastTransition = fresh.at(-1)?.number ?? last;
    for (const transition of fresh) this.#flash(transition);
  }

  /** Lights the arrow that a transition went along, for a while. @param {ShownTransition} transition */
  #flash(transition) {
    const arrow = arrowOf(transition, [...this.#panel.querySelectorAll('.arrow')]);
    if (arrow === undefined) return;
    const same = ['data-from', 'data-to', 'data-event'].map((name) => [name, arrow.getAttribute(name)]);
    for (const part of this.#panel.querySelectorAll('.arrow, .label')) {
      if (!same.every(([name, value]) => part.getAttribute(name ?? '') === value)) continue;
      part.classList.add('just-now');
      setTimeout(() => part.classList.remove('just-now'), LIT_MS);
    }
  }

  /** As large as is legible, or as fits. */
  #fit() {
    const drawing = this.#panel.querySelector('svg');
    if (drawing === null) return;
    const { width, height } = drawing.viewBox.baseVal;
    const { clientWidth, clientHeight } = this.#panel;
    const isWhole = byId('whole').getAttribute('aria-pressed') === 'true';
    const fitting = Math.min(1, (clientWidth - 2) / width, (clientHeight - 2) / height);
    const scale = isWhole ? fitting : Math.max(LEGIBLE, fitting);
    drawing.setAttribute('width', String(Math.floor(width * scale)));
    drawing.setAttribute('height', String(Math.floor(height * scale)));
    this.#reveal();
  }

  /** Brings the innermost lit state into view, where the drawing is larger than its panel. */
  #reveal() {
    const lit = [...this.#panel.querySelectorAll('.lit')].at(-1);
    if (lit === undefined) return;
    const panel = this.#panel.getBoundingClientRect();
    const state = lit.getBoundingClientRect();
    const isInside =
      state.left >= panel.left && state.right <= panel.right && state.top >= panel.top && state.bottom <= panel.bottom;
    if (isInside) return;
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#panel.scrollBy({
      left: state.left + state.width / 2 - (panel.left + panel.width / 2),
      top: state.top + state.height / 2 - (panel.top + panel.height / 2),
      behavior: isCalm ? 'auto' : 'smooth',
    });
  }
}

/** @param {string} path @returns {Promise<SVGElement>} */
async function load(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const { documentElement } = new DOMParser().parseFromString(await response.text(), 'image/svg+xml');
  return /** @type {SVGElement} */ (/** @type {unknown} */ (document.importNode(documentElement, true)));
}

/**
 * The arrow that a transition went along: it leads out of a state that was left, or around it, into one that was
 * entered, or around it; for the same event, or for none.
 * @param {ShownTransition} transition @param {readonly Element[]} arrows
 */
function arrowOf({ event, from, to }, arrows) {
  const within = (/** @type {readonly string[]} */ leaves, /** @type {string | null} */ path) =>
    path === '' || leaves.some((leaf) => leaf === path || leaf.startsWith(`${path}.`));
  const fitting = arrows.filter(
    (arrow) => within(from, arrow.getAttribute('data-from')) && within(to, arrow.getAttribute('data-to')),
  );
  const events = (/** @type {Element} */ arrow) => (arrow.getAttribute('data-event') ?? '').split(' ');
  return fitting.find((arrow) => events(arrow).includes(event)) ?? fitting.find((arrow) => events(arrow).includes(''));
}
