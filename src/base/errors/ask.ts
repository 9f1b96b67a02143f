/** How values from outside are asked, which may be Proxies that were revoked, or have getters that throw. */

/** Whether `value` is an object that has these methods. What cannot be asked (a revoked Proxy, a getter that throws) has none. */
export function hasMethods(value: unknown, names: readonly PropertyKey[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof fieldOf(value, name) === 'function');
}

/** A field of something that came from outside: `undefined` where it cannot be read. */
export function fieldOf(value: unknown, name: PropertyKey): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

/** Elements of an array, as it is now; `undefined` for all else, and where it cannot be read (a Proxy that was revoked). */
export function listOf(value: unknown): readonly unknown[] | undefined {
  try {
    return Array.isArray(value) ? Array.from<unknown>(value) : undefined;
  } catch {
    return undefined;
  }
}
