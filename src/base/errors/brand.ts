/**
 * How classes of the library are recognised: by a mark under a `Symbol.for`, which is the same in every copy of the library
 * that a process loads and in every realm, where `instanceof` alone would know its own copy only.
 */

/** Has all instances of a class carry the mark. */
export function markClass(branded: { readonly prototype: object }, brand: symbol): void {
  Object.defineProperty(branded.prototype, brand, { value: true });
}

/** Whether `value` carries the mark. What cannot be asked (a revoked Proxy) does not. */
export function hasBrand(value: unknown, brand: symbol): boolean {
  try {
    return typeof value === 'object' && value !== null && (value as { [mark: symbol]: unknown })[brand] === true;
  } catch {
    return false;
  }
}

/** `value instanceof asked`, for a branded class and for those that extend it, which have no brand of their own. */
export function isInstance(asked: unknown, branded: unknown, brand: symbol, value: unknown): boolean {
  if (asked === branded) return hasBrand(value, brand);
  return typeof asked === 'function' && Function.prototype[Symbol.hasInstance].call(asked, value);
}
