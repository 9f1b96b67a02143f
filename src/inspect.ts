// `cmd-stream/inspect`: a page on this machine that shows senders and servers live.
export type { Inspect, InspectionObserver, InspectOptions, Inspector } from './inspect/options.ts';
export {
  createLocalInspector,
  type LocalInspector,
  type LocalInspectorOptions,
} from './local-inspector/create-local-inspector.ts';
