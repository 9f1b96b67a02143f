// What has happened lately, on one axis of time: requests of each second, how long they took, and the states of groups, breakers and clients.
import { byId, svg, toggle } from './elements.js';
import { durationText, toneOfState } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').ShownActor} ShownActor */

const SPAN_S = 120;
/** How often it is drawn anew, at most. */
const EVERY_MS = 500;
const GRAPH_PX = 36;
const LANE_PX = 15;
const GAP_PX = 10;
/** The height of the axis, between graphs and lanes, so that it is in view however many lanes there are. */
const AXIS_PX = 14;
/** Where the lanes begin. */
const LANES_PX = 2 * (GRAPH_PX + GAP_PX) + AXIS_PX;
/** The column in front, for what each row is and how it stands. */
const LABEL_PX = 190;
const NARROW_LABEL_PX = 122;
const MAX_LANES = 64;

export class Overview {
  #place = byId('overview');
  #isDue = false;
  #isPaused = false;
  #nowMs = 0;

  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    toggle('all-lanes', (isPressed) => this.#place.classList.toggle('tall', isPressed));
    new ResizeObserver(() => this.#draw()).observe(this.#place);
    setInterval(() => this.render(this.#isPaused), 1_000);
  }

  /** @param {boolean} isPaused */
  render(isPaused) {
    this.#isPaused = isPaused;
    if (isPaused || this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.#draw();
    }, EVERY_MS);
  }

  #draw() {
    if (!this.#isPaused || this.#nowMs === 0) this.#nowMs = this.store.nowMs;
    const width = Math.max(280, this.#place.clientWidth - 24);
    const labels = width < 600 ? NARROW_LABEL_PX : LABEL_PX;
    const lanes = this.#lanes();
    const height = LANES_PX + lanes.length * LANE_PX + 6;
    const drawing = svg('svg', { class: 'time', width, height, role: 'img', 'aria-label': this.#inWords(lanes) });
    /** @param {number} atMs */
    const xOf = (atMs) => labels + (width - labels) * Math.max(0, 1 + (atMs - this.#nowMs) / (SPAN_S * 1_000));
    drawing.append(...this.#rate(xOf, labels), ...this.#latency(xOf, labels));
    lanes.forEach(({ name, actor }, index) => {
      const y = LANES_PX + index * LANE_PX;
      drawing.append(...this.#lane(name, actor, y, xOf, labels));
    });
    for (const ago of [120, 90, 60, 30, 0]) {
      const x = xOf(this.#nowMs - ago * 1_000);
      const anchor = ago === 120 ? 'start' : ago === 0 ? 'end' : 'middle';
      const text = ago === 0 ? 'now' : `${ago} s ago`;
      if (ago % 60 === 0 || width > 600) drawing.append(label(x, LANES_PX - 7, text, 'muted', anchor));
    }
    this.#place.replaceChildren(drawing);
    byId('all-lanes').hidden = lanes.length < 6;
  }

  /** Seconds that are in view. */
  get #seconds() {
    const first = this.#nowMs / 1_000 - SPAN_S;
    return [...this.store.seconds.values()].filter(({ second }) => second >= first);
  }

  /** The last second that is over: of the one that runs there is only a part. */
  get #last() {
    return this.store.seconds.get(Math.floor(this.#nowMs / 1_000) - 1);
  }

  /** @param {(atMs: number) => number} xOf @param {number} labels */
  #rate(xOf, labels) {
    const seconds = this.#seconds;
    const most = Math.max(1, ...seconds.map(({ ended }) => ended));
    const { ended = 0, failed = 0 } = this.#last ?? {};
    const parts = [
      label(0, 13, `${countText(ended)} requests/s`, 'strong'),
      label(
        0,
        29,
        failed === 0 ? (seconds.length === 0 ? '' : `up to ${countText(most)}`) : `${countText(failed)} failed`,
        failed === 0 ? 'muted' : 'bad',
      ),
      svg('line', { class: 'axis', x1: labels, x2: xOf(this.#nowMs), y1: GRAPH_PX, y2: GRAPH_PX }),
    ];
    for (const { second, ended: all, failed: bad } of seconds) {
      const x = xOf(second * 1_000);
      const width = Math.max(1, xOf((second + 1) * 1_000) - x - 1);
      const [high, low] = [all, bad].map((count) => (count === 0 ? 0 : Math.max(1.5, (count / most) * (GRAPH_PX - 2))));
      const bar = svg('rect', { class: 'ended', x, y: GRAPH_PX - (high ?? 0), width, height: high ?? 0 });
      bar.append(svg('title', {}, `${countText(all)} requests, ${countText(bad)} failed`));
      parts.push(bar);
      if (bad > 0) parts.push(svg('rect', { class: 'failed', x, y: GRAPH_PX - (low ?? 0), width, height: low ?? 0 }));
    }
    return parts;
  }

  /** @param {(atMs: number) => number} xOf @param {number} labels */
  #latency(xOf, labels) {
    const base = 2 * GRAPH_PX + GAP_PX;
    const seconds = this.#seconds;
    const most = Math.max(0.01, ...seconds.map(({ p99Ms }) => p99Ms));
    const limit = seconds.length === 0 ? '' : `up to ${durationText(most)}`;
    const { p50Ms, p99Ms } = this.#last ?? {};
    /** @param {'p50Ms' | 'p99Ms'} which */
    const line = (which) => {
      let before = Number.NaN;
      const points = seconds.map((figures) => {
        const { second } = figures;
        const step = second === before + 1 ? 'L' : 'M';
        before = second;
        const x = xOf((second + 0.5) * 1_000);
        const y = base - 2 - (figures[which] / most) * (GRAPH_PX - 4);
        // One that stands alone is a dot.
        return `${step}${x.toFixed(1)} ${y.toFixed(1)}${step === 'M' ? 'h0.01' : ''}`;
      });
      return svg('path', { class: which === 'p50Ms' ? 'p50' : 'p99', d: points.join('') });
    };
    return [
      label(0, base - 23, `p50 ${p50Ms === undefined ? '–' : durationText(p50Ms)}`, 'p50'),
      label(0, base - 7, `p99 ${p99Ms === undefined ? '–' : durationText(p99Ms)}`, 'p99'),
      svg('line', { class: 'axis', x1: labels, x2: xOf(this.#nowMs), y1: base, y2: base }),
      line('p99Ms'),
      line('p50Ms'),
      label(xOf(this.#nowMs), base - GRAPH_PX + 8, limit, 'muted halo', 'end'),
    ];
  }

  /** @param {string} name @param {ShownActor} actor @param {number} y @param {(atMs: number) => number} xOf @param {number} labels */
  #lane(name, { history, machine, states }, y, xOf, labels) {
    const title = label(0, y + 10, cut(name, labels), 'muted');
    title.append(svg('title', {}, `${name}: ${states.join(', ')}`));
    const parts = [title];
    history.forEach(({ atMs, state }, index) => {
      const until = history[index + 1]?.atMs ?? this.#nowMs;
      const [x, end] = [xOf(atMs), xOf(until)];
      if (end <= labels) return;
      const tone = toneOfState(state, this.store.machines[machine]);
      const stay = svg('rect', {
        class: 'stay',
        'data-tone': tone,
        x,
        y: y + 2,
        width: Math.max(1.5, end - x),
        height: LANE_PX - 4,
      });
      stay.append(
        svg('title', {}, `${name}: ${state} for ${durationText(until - atMs)}, from ${this.store.timeOf(atMs)}`),
      );
      parts.push(stay);
    });
    return parts;
  }

  /** Groups, breakers and clients of each sender. */
  #lanes() {
    const { systems, actors, machines } = this.store;
    const shown = [...actors.values()].filter(({ history }) => history.length > 0);
    const order = Object.keys(machines);
    const systemIds = [...systems.keys()];
    const isOne = new Set(shown.map(({ system }) => system)).size < 2;
    shown.sort(
      (a, b) =>
        systemIds.indexOf(a.system) - systemIds.indexOf(b.system) ||
        order.indexOf(a.machine) - order.indexOf(b.machine),
    );
    return shown.slice(0, MAX_LANES).map((actor) => {
      const [who = actor.name] = actor.name.split(' @ ');
      const { name: system = '' } = systems.get(actor.system) ?? {};
      return { name: isOne ? who : `${who} · ${system}`, actor };
    });
  }

  /** @param {readonly { name: string, actor: ShownActor }[]} lanes */
  #inWords(lanes) {
    const { ended = 0, failed = 0, p50Ms = 0, p99Ms = 0 } = this.#last ?? {};
    const states = lanes.map(({ name, actor }) => `${name} ${actor.history.at(-1)?.state}`);
    const times = ended === 0 ? '' : `, p50 ${durationText(p50Ms)}, p99 ${durationText(p99Ms)}`;
    return `${ended} requests in the last second, ${failed} failed${times}; ${states.join(', ')}`;
  }
}

/** @param {number} x @param {number} y @param {string} text @param {string} style @param {string} [anchor] */
function label(x, y, text, style, anchor = 'start') {
  return svg('text', { class: style, x, y, 'text-anchor': anchor }, text);
}

/** @param {string} text @param {number} room */
function cut(text, room) {
  const length = Math.floor(room / 6.4);
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** @param {number} count */
function countText(count) {
  return count.toLocaleString('en-US');
}
