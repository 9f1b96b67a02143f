// What happened to one request, from top to bottom: between its caller, the sender, and the client that carried it.
import { byId, element, setText, svg } from './elements.js';
import { durationText } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').ShownRequest} ShownRequest */
/** @typedef {import('../shown.ts').ShownStep} ShownStep */

/** The column in front, for times. */
const TIMES_PX = 72;
const STEP_PX = 38;
const TOP_PX = 58;
/** Below this width there is no room for addresses. */
const ROOMY_PX = 460;
const FONT = '12px Helvetica, Arial, "Liberation Sans", sans-serif';

/** @type {Readonly<Record<string, string>>} */
const ENDINGS = { succeeded: 'succeeded', failed: 'failed', timedOut: 'timed out', cancelled: 'cancelled' };

/** @typedef {{ readonly kind: string, readonly atMs: number, readonly text: string }} Row */

export class SequenceView {
  #place = byId('sequence');
  /** @type {ShownRequest | undefined} */
  #request;
  #drawn = '';

  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    new ResizeObserver(() => this.show(this.#request)).observe(this.#place);
  }

  /** @param {ShownRequest | undefined} request */
  show(request) {
    this.#request = request;
    const width = Math.min(760, Math.max(300, this.#place.clientWidth));
    const key = `${width} ${JSON.stringify(request)}`;
    if (this.#drawn === key) return;
    this.#drawn = key;
    setText(byId('sequence-title'), request === undefined ? 'Sequence' : `${request.command} #${request.number}`);
    setText(byId('sequence-facts'), request === undefined ? '' : this.#factsOf(request));
    this.#place.replaceChildren();
    if (request === undefined) return;
    this.#place.append(this.#draw(request, width));
    const reason = request.outcome === 'succeeded' ? undefined : request.steps.at(-1);
    if (request.outcome !== undefined && reason?.text) this.#place.append(element('p', 'reason', reason.text));
  }

  /** @param {ShownRequest} request */
  #factsOf({ steps, payload }) {
    const begun = `called at ${this.store.timeOf(steps[0]?.atMs ?? 0)}`;
    return payload === undefined ? begun : `${begun} with ${payload}`;
  }

  /** @param {ShownRequest} request @param {number} width */
  #draw(request, width) {
    const rows = rowsOf(request);
    const height = TOP_PX + rows.length * STEP_PX + 12;
    const label = `${request.command}: ${rows.map(({ kind, text }) => `${kind} ${text}`).join('; ')}`;
    const drawing = svg('svg', { class: 'statechart flow', width, height, role: 'img', 'aria-label': label });
    drawing.append(tip());
    const lanes = [0.11, 0.47, 0.84].map((share) => TIMES_PX + (width - TIMES_PX) * share);
    const [who, address = ''] = (request.client ?? 'client @ not sent').split(' @ ');
    const where = width < ROOMY_PX && request.client !== undefined ? '' : address;
    const sender = this.store.systems.get(request.system)?.name ?? 'sender';
    const room = (width - TIMES_PX) * 0.3;
    const names = [['caller'], [sender], where === '' ? [who ?? ''] : [who ?? '', where]];
    lanes.forEach((x, index) => {
      drawing.append(svg('line', { class: 'lane', x1: x, x2: x, y1: 44, y2: height - 6 }));
      const [name = '', detail = ''] = names[index] ?? [];
      drawing.append(
        svg('text', { class: 'name', x, y: detail === '' ? 30 : 20, 'text-anchor': 'middle' }, cut(name, room)),
      );
      if (detail !== '') drawing.append(svg('text', { class: 'muted', x, y: 36, 'text-anchor': 'middle' }, detail));
    });
    const first = request.steps[0]?.atMs ?? 0;
    rows.forEach((row, index) => {
      const y = TOP_PX + index * STEP_PX + 14;
      if (row.kind !== 'gap') {
        const time = `+${durationText(Math.max(0, row.atMs - first))}`;
        drawing.append(svg('text', { class: 'muted', x: TIMES_PX - 12, y: y + 4, 'text-anchor': 'end' }, time));
      }
      drawing.append(...this.#drawRow(request, row, y, lanes, width));
    });
    return drawing;
  }

  /** @param {ShownRequest} request @param {Row} row @param {number} y @param {readonly number[]} lanes @param {number} width */
  #drawRow(request, row, y, lanes, width) {
    const [caller = 0, sender = 0, client = 0] = lanes;
    if (row.kind === 'queued') return arrow(caller, sender, y, request.command);
    if (row.kind === 'sent') return arrow(sender, client, y, row.text);
    if (row.kind === 'result') return arrow(client, caller, y, row.text);
    if (row.kind === 'gap') return [middle((caller + client) / 2, y, row.text, 'muted', client - caller)];
    if (row.kind === 'deadline') {
      const line = svg('line', { class: 'deadline', x1: TIMES_PX, x2: width - 8, y1: y, y2: y });
      return [line, ...plate((caller + client) / 2, y, row.text, 'muted', client - caller)];
    }
    const [code = ''] = row.text.split(': ');
    const ending = ENDINGS[row.kind] ?? row.kind;
    return note(caller, y, code === '' ? ending : `${ending}: ${code}`, row.kind);
  }
}

/** The steps of a request with its deadline among them, and with a word where Results are left out. @param {ShownRequest} request @returns {Row[]} */
function rowsOf({ steps, leftOut, deadlineMs, outcome }) {
  /** @type {Row[]} */
  const rows = steps.flatMap((step, index) =>
    leftOut?.after === index ? [step, { kind: 'gap', atMs: step.atMs, text: `${leftOut.count} more Results` }] : [step],
  );
  if (deadlineMs === undefined) return rows;
  if (outcome === 'timedOut') rows.splice(-1, 0, { kind: 'deadline', atMs: deadlineMs, text: 'deadline' });
  else
    rows.push({
      kind: 'deadline',
      atMs: deadlineMs,
      text: outcome === undefined ? 'deadline' : 'deadline, not needed',
    });
  return rows;
}

/** @param {number} from @param {number} to @param {number} y @param {string} text */
function arrow(from, to, y, text) {
  const line = svg('path', { class: 'line', d: `M${from} ${y} L${to} ${y}`, 'marker-end': 'url(#flow-tip)' });
  return [line, ...plate((from + to) / 2, y, text, 'event', Math.abs(to - from) - 24)];
}

/** A text on a plate of its own. @param {number} x @param {number} y @param {string} text @param {string} style @param {number} room */
function plate(x, y, text, style, room) {
  const words = middle(x, y, text, style, room);
  const width = widthOf(words.textContent ?? '') + 12;
  return [svg('rect', { class: 'plate', x: x - width / 2, y: y - 9, width, height: 18, rx: 5 }), words];
}

/** A text around `x`, cut to the room that it has. @param {number} x @param {number} y @param {string} text @param {string} style @param {number} room */
function middle(x, y, text, style, room) {
  return svg('text', { class: style, x, y: y + 4, 'text-anchor': 'middle' }, cut(text, room));
}

/** How it ended. @param {number} x @param {number} y @param {string} text @param {string} outcome */
function note(x, y, text, outcome) {
  const width = widthOf(text, 'bold') + 24;
  const group = svg('g', { class: 'note', 'data-outcome': outcome });
  group.append(svg('rect', { class: 'ending', x: x - 16, y: y - 13, width, height: 26, rx: 8 }));
  group.append(svg('text', { class: 'event', x: x - 4, y: y + 4 }, text));
  return [group];
}

/** @param {string} text @param {number} room */
function cut(text, room) {
  if (widthOf(text) <= room) return text;
  let length = text.length;
  while (length > 3 && widthOf(`${text.slice(0, length)}…`) > room) length--;
  return `${text.slice(0, length)}…`;
}

const canvas = document.createElement('canvas').getContext('2d');

/** How wide a text is. @param {string} text @param {'' | 'bold'} [weight] */
function widthOf(text, weight = '') {
  if (canvas === null) return text.length * 7;
  canvas.font = `${weight} ${FONT}`;
  return canvas.measureText(text).width;
}

function tip() {
  const at = { viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8 };
  const marker = svg('marker', { id: 'flow-tip', ...at, markerUnits: 'userSpaceOnUse', orient: 'auto' });
  marker.append(svg('path', { class: 'tip', d: 'M0 0.5 L7.5 4 L0 7.5 Z' }));
  const defs = svg('defs', {});
  defs.append(marker);
  return defs;
}
