import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';

const KEY = /^[a-z0-9._-]+$/;

/** Writes what a propagator tells into metadata, whose keys are in lower case; what has no key there is left out. */
export const metadataSetter: TextMapSetter<Record<string, string>> = {
  set(metadata, key, value) {
    const name = key.toLowerCase();
    if (KEY.test(name)) metadata[name] = value;
  },
};

/** Reads metadata for a propagator; in that of a payload, which is not checked, may be anything: what is no text is left out. */
export const metadataGetter: TextMapGetter<Readonly<Record<string, string>>> = {
  get(metadata, key) {
    const text: unknown = metadata[key.toLowerCase()];
    return typeof text === 'string' ? text : undefined;
  },
  keys: (metadata) => Object.keys(metadata),
};
