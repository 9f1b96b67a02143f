// The page: follows the stream of events, and shows what it tells at the next frame.
import { ActorList } from './actors.js';
import { ChartView } from './chart.js';
import { byId, setText, toggle } from './elements.js';
import { RequestList } from './requests.js';
import { SequenceView } from './sequence.js';
import { Store } from './store.js';
import { TransitionList } from './transitions.js';

/** A stream that was refused is asked for again after so long. */
const RETRY_MS = 2_000;

const store = new Store();
const chart = new ChartView(store);
const transitions = new TransitionList(store);
const actors = new ActorList(store, (id) => {
  chart.select(id);
  transitions.select(id);
  show();
});
const sequence = new SequenceView(store);
const requests = new RequestList(store, (request) => sequence.show(request));

let isPaused = false;
let isDue = false;

/** Shows what is known at the next frame. */
function show() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    if (!isPaused) actors.render();
    chart.render(isPaused);
    if (!isPaused) requests.render();
    transitions.render(isPaused);
  });
}

/** @param {'good' | 'wait' | 'bad'} tone @param {string} text */
function tell(tone, text) {
  const status = byId('connection');
  status.dataset.tone = tone;
  setText(status, text);
}

function follow() {
  const events = new EventSource('/events');
  events.addEventListener('all', ({ data }) => {
    tell('good', 'live');
    store.replace(JSON.parse(data));
    show();
  });
  events.addEventListener('some', ({ data }) => {
    store.add(JSON.parse(data));
    show();
  });
  events.addEventListener('error', () => {
    tell('bad', 'disconnected, trying again');
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(follow, RETRY_MS);
  });
}

toggle('pause', (isPressed) => {
  isPaused = isPressed;
  document.body.classList.toggle('paused', isPaused);
  show();
});

follow();
