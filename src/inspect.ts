// `cmd-stream/inspect`: a page on this machine that shows senders and servers live.

export type {
  InspectedActor,
  InspectedFact,
  InspectedMessage,
  InspectionEvent,
  InspectionFunction,
  InspectionListener,
} from './inspect/events.ts';
export {
  createLocalInspector,
  type LocalInspector,
  type LocalInspectorOptions,
} from './inspect/local/create-local-inspector.ts';
export type { Inspect, InspectionObserver, InspectOptions, Inspector } from './inspect/options.ts';
