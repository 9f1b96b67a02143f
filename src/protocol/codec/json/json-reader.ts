import { RefusedPayload } from '../refused-payload.ts';

/** A whole number with more digits is refused, both ways: turning one into a bigint takes more than proportional time. */
export const MAX_DIGITS = 1000;

/** A number token with at least 16 digits in front of any point: what does not match holds no unsafe whole number. */
const LONG_NUMBER = /(?:^|[^\d.])\d{16}/;

/** The characters of a number. */
const NUMBER = /[-+.\dEe]+/y;

/**
 * Reads JSON as `JSON.parse` does, except that a whole number beyond ±(2^53 - 1) becomes an exact `bigint`. Numbers with a
 * fraction or an exponent stay numbers.
 * @throws SyntaxError for what is no JSON.
 */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return LONG_NUMBER.test(text) ? readValidJson(text) : value;
}

/** An array or object that is being read. */
interface Open {
  readonly container: unknown[] | Record<string, unknown>;
  /** The key whose value comes next; `undefined` where a key comes next, and in arrays. */
  key: string | undefined;
}

/**
 * Reads a text that is known to be JSON: commas, colons and white space need no look. Keeps a stack of its own, since JSON
 * may be nested deeper than calls.
 */
function readValidJson(text: string): unknown {
  let root: unknown;
  let open: Open | undefined;
  const outer: (Open | undefined)[] = [];
  let position = 0;

  const place = (value: unknown): void => {
    if (open === undefined) root = value;
    else if (Array.isArray(open.container)) open.container.push(value);
    else {
      setField(open.container, open.key as string, value);
      open.key = undefined;
    }
  };

  while (position < text.length) {
    const start = position;
    switch (text[position]) {
      case '{':
      case '[': {
        const container: Open['container'] = text[position] === '[' ? [] : {};
        place(container);
        outer.push(open);
        open = { container, key: undefined };
        position++;
        break;
      }
      case '}':
      case ']':
        open = outer.pop();
        position++;
        break;
      case '"': {
        position = endOfString(text, start);
        const string = readString(text, start, position);
        if (open === undefined || Array.isArray(open.container) || open.key !== undefined) place(string);
        else open.key = string;
        break;
      }
      case 't':
        place(true);
        position += 4;
        break;
      case 'f':
        place(false);
        position += 5;
        break;
      case 'n':
        place(null);
        position += 4;
        break;
      case ',':
      case ':':
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        position++;
        break;
      default:
        position = endOfNumber(text, start);
        place(toNumber(text.slice(start, position)));
    }
  }
  return root;
}

/** The position behind the closing quote of the string that starts at `position`. */
function endOfString(text: string, position: number): number {
  let quote = text.indexOf('"', position + 1);
  while (isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote + 1;
}

/** Whether an odd number of backslashes stands in front of `position`. */
function isEscaped(text: string, position: number): boolean {
  let start = position;
  while (text[start - 1] === '\\') start--;
  return (position - start) % 2 === 1;
}

function readString(text: string, start: number, end: number): string {
  const content = text.slice(start + 1, end - 1);
  return content.includes('\\') ? JSON.parse(text.slice(start, end)) : content;
}

function endOfNumber(text: string, position: number): number {
  NUMBER.lastIndex = position;
  NUMBER.test(text);
  return NUMBER.lastIndex;
}

function toNumber(token: string): number | bigint {
  const number = Number(token);
  if (token.length < 16 || Number.isSafeInteger(number) || !/^-?\d+$/.test(token)) return number;
  if (token.length > MAX_DIGITS + (token[0] === '-' ? 1 : 0))
    throw new RefusedPayload(`a whole number of more than ${MAX_DIGITS} digits`);
  return BigInt(token);
}

/** Sets a field as `JSON.parse` does: `__proto__` is a field like any other. */
function setField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}
