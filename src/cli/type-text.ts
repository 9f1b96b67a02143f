import { shortened } from '../base/errors/printable.ts';

/** So deep a type is shown, */
const MAX_DEPTH = 5;
/** so many members of one, */
const MAX_MEMBERS = 16;
/** and in all so many characters of it. */
const MAX_LENGTH = 160;

/** A JSON Schema, from whomever. */
type SchemaFields = Readonly<Record<string, unknown>>;

/** A JSON Schema in short, as TypeScript would write the type: `{ a: number, b?: string[] }`. `unknown` where it says nothing. */
export function typeText(schema: unknown): string {
  return shortened(textOf(schema, MAX_DEPTH), MAX_LENGTH);
}

function textOf(schema: unknown, depth: number): string {
  if (schema === false) return 'never';
  if (!isFields(schema)) return 'unknown';
  if (depth === 0) return '...';
  const { $ref, type } = schema;
  if (typeof $ref === 'string') return nameOf($ref);
  if ('const' in schema) return literal(schema.const);
  if (Array.isArray(schema.enum)) return joined(schema.enum.map(literal), ' | ');
  const union = listOf(schema.anyOf) ?? listOf(schema.oneOf);
  if (union !== undefined) return joined(partsOf(union, depth), ' | ');
  const all = listOf(schema.allOf);
  if (all !== undefined) return joined(partsOf(all, depth), ' & ');
  if (!Array.isArray(type)) return typedText(schema, type, depth);
  const types = [...new Set<unknown>(type)].slice(0, MAX_MEMBERS + 1);
  return joined(
    types.map((one) => typedText(schema, one, depth - 1)),
    ' | ',
  );
}

/** A schema of one type: of a list of types the others are no matter, and it is not copied for each. */
function typedText(schema: SchemaFields, type: unknown, depth: number): string {
  if (depth === 0) return '...';
  if (type === 'object' || (type === undefined && isFields(schema.properties))) return objectText(schema, depth);
  if (type === 'array') return arrayText(schema, depth);
  return typeof type === 'string' && type !== '' ? type : 'unknown';
}

function objectText({ properties, required, additionalProperties }: SchemaFields, depth: number): string {
  const entries = isFields(properties) ? Object.entries(properties) : [];
  const wanted: readonly unknown[] = Array.isArray(required) ? required : [];
  const members = entries
    .slice(0, MAX_MEMBERS + 1)
    .map(([name, value]) => `${keyText(name)}${wanted.includes(name) ? '' : '?'}: ${textOf(value, depth - 1)}`);
  if (isFields(additionalProperties)) members.push(`[key: string]: ${textOf(additionalProperties, depth - 1)}`);
  return members.length === 0 ? 'object' : `{ ${joined(members, ', ')} }`;
}

function arrayText({ items, prefixItems }: SchemaFields, depth: number): string {
  const places = listOf(prefixItems);
  if (places !== undefined) return `[${joined(partsOf(places, depth), ', ')}]`;
  const element = textOf(items, depth - 1);
  return isFields(items) && isComposed(items) ? `(${element})[]` : `${element}[]`;
}

/** Whether its type is put together by an operator. */
function isComposed({ anyOf, oneOf, allOf, enum: values, type }: SchemaFields): boolean {
  return [anyOf, oneOf, allOf, values, type].some(Array.isArray);
}

function partsOf(schemas: readonly unknown[], depth: number): readonly string[] {
  return schemas.slice(0, MAX_MEMBERS + 1).map((schema) => textOf(schema, depth - 1));
}

function joined(parts: readonly string[], by: string): string {
  if (parts.length === 0) return 'never';
  const shown = parts.length > MAX_MEMBERS ? [...parts.slice(0, MAX_MEMBERS), '...'] : parts;
  return shown.join(by);
}

function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function literal(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'object' : (JSON.stringify(value) ?? 'unknown');
}

/** The last word of a reference: `#/$defs/Node` is `Node`; that to the whole is `this`. */
function nameOf(reference: string): string {
  return reference === '#' ? 'this' : reference.slice(reference.lastIndexOf('/') + 1) || 'unknown';
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

function isFields(value: unknown): value is SchemaFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
