import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';

const KEY = /^[a-z0-9._-]+$/;

/** Writes what a propagator tells into metadata, whose keys are in lower case; what has no key there is left out. */
export const metadataSetter: TextMapSetter<Record<string, string>> = {
  set(metadata, key, value) {
    const name = key.toLowerCase();
    if (KEY.test(name)) metadata[name] = value;
  },
};

/** Reads metadata for a propagator. */
export const metadataGetter: TextMapGetter<Readonly<Record<string, string>>> = {
  get: (metadata, key) => metadata[key.toLowerCase()],
  keys: (metadata) => Object.keys(metadata),
};
