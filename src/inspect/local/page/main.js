// The page: follows the stream of events, and shows what it tells at the next frame.
import { ActorList } from './actors.js';
import { ChartView } from './chart.js';
import { byId, setText, toggle } from './elements.js';
import { offerFiles } from './export.js';
import { Overview } from './overview.js';
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
const overview = new Overview(store);
const requests = new RequestList(store, (request) => sequence.show(request));

/** The stream that is followed; none while a file is shown. @type {EventSource | undefined} */
let events;
let isPaused = false;
let isDue = false;

/** Shows what is known at the next frame. */
function show() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    if (!isPaused) actors.render();
    overview.render(isPaused);
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
  const stream = new EventSource('/events');
  events = stream;
  stream.addEventListener('all', ({ data }) => {
    tell('good', 'live');
    store.replace(JSON.parse(data), true);
    show();
  });
  stream.addEventListener('some', ({ data }) => {
    store.add(JSON.parse(data));
    show();
  });
  stream.addEventListener('error', () => {
    tell('bad', 'disconnected, trying again');
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(() => events === stream && follow(), RETRY_MS);
  });
}

toggle('pause', (isPressed) => {
  isPaused = isPressed;
  document.body.classList.toggle('paused', isPaused);
  show();
});

offerFiles(
  store,
  (name) => {
    events?.close();
    events = undefined;
    tell('wait', `shows ${name}`);
    byId('live').hidden = false;
    show();
  },
  (why) => tell('bad', why),
);
byId('live').addEventListener('click', () => {
  byId('live').hidden = true;
  tell('wait', 'connecting');
  follow();
});

follow();
