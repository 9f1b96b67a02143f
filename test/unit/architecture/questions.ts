// The parser that vitest itself reads sources with.
import { parseAst } from 'vite';
import type { SourceFile } from './sources.ts';

/** A node of a syntax tree, or anything that it is made of. */
type Node = Readonly<Record<string, unknown>> & { readonly type: string };

/** A function with a body that can be asked or called by a name. */
interface Named {
  readonly path: string;
  readonly name: string;
  /** The class that it belongs to, if any. */
  readonly owner: Node | undefined;
  readonly isQuestion: boolean;
  /** Whether it changes a field by itself. */
  readonly changes: boolean;
  /** Which methods of its own class it calls, and which of others. */
  readonly own: readonly string[];
  readonly others: readonly string[];
}

const QUESTION = /^#?(is|has|are|may|can)[A-Z]/;
/** What a machine only asks: where to go, for how long, what to remember, what to say. */
const ASKING_CALLS = ['assign', 'raise', 'sendTo', 'emit'];
const ASKING_GROUPS = ['guards', 'delays'];
/** Methods of collections that change them. */
const MUTATORS = ['push', 'pop', 'shift', 'unshift', 'splice', 'set', 'add', 'delete', 'clear', 'fill', 'append'];

const isNode = (part: unknown): part is Node =>
  typeof part === 'object' && part !== null && typeof (part as Node).type === 'string';

/** Calls `visit` with `node` and all below it, each with the nodes above, the nearest last. */
function walk(node: Node, visit: (node: Node, above: readonly Node[]) => void, above: readonly Node[] = []): void {
  visit(node, above);
  const around = [...above, node];
  for (const part of Object.values(node).flat()) if (isNode(part)) walk(part, visit, around);
}

function textOf(node: unknown): string {
  if (!isNode(node)) return '';
  return `${node.type === 'PrivateIdentifier' ? '#' : ''}${node.name ?? ''}`;
}

/** Whether what is written to, or changed by a method of its own, outlives the call: a field, and no variable. */
function isField(node: unknown): boolean {
  if (!isNode(node) || node.type !== 'MemberExpression') return false;
  return (node.object as Node).type === 'ThisExpression' || isField(node.object);
}

function changesField({ type, operator, left, argument, callee }: Node): boolean {
  // What is made when it is asked for first is the same ever after.
  if (type === 'AssignmentExpression') return operator !== '??=' && isField(left);
  if (type === 'UpdateExpression') return isField(argument);
  if (type === 'UnaryExpression') return operator === 'delete' && isField(argument);
  if (type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression') return false;
  return MUTATORS.includes(textOf(callee.property)) && isField(callee.object);
}

/** What a function does. */
function deedsOf(body: Node): Pick<Named, 'changes' | 'own' | 'others'> {
  let changes = false;
  const own: string[] = [];
  const others: string[] = [];
  walk(body, (node) => {
    changes ||= changesField(node);
    const { callee } = node;
    if (node.type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression') return;
    const isOwn = (callee.object as Node).type === 'ThisExpression';
    (isOwn ? own : others).push(textOf(callee.property));
  });
  return { changes, own, others };
}

/** What a node defines, where that is a function by a name or, in a machine, something that it asks. */
function definitionIn(node: Node, above: readonly Node[], isMachine: boolean): [string, unknown, boolean] | undefined {
  const { type, key, id, value, init } = node;
  const name = textOf(key ?? id);
  const isAsked = type === 'MethodDefinition' ? node.kind === 'get' : false;
  const group = above.at(-2);
  const isGuard = isMachine && group?.type === 'Property' && ASKING_GROUPS.includes(textOf(group.key));
  const body = type === 'FunctionDeclaration' ? node : (value ?? init);
  if (!isNode(body)) return undefined;
  if (isMachine && body.type === 'CallExpression' && ASKING_CALLS.includes(textOf(body.callee))) {
    return [name, body, true];
  }
  return /Function/.test(body.type) ? [name, body, isAsked || isGuard || QUESTION.test(name)] : undefined;
}

function namedIn({ path, text }: SourceFile): Named[] {
  const found: Named[] = [];
  walk(parseAst(text, { lang: 'ts' }) as unknown as Node, (node, above) => {
    const definition = definitionIn(node, above, path.startsWith('machines/'));
    if (definition === undefined) return;
    const [name, body, isQuestion] = definition;
    const owner = above.at(-1)?.type === 'ClassBody' ? above.at(-1) : undefined;
    found.push({ path, name, owner, isQuestion, ...deedsOf(body as Node) });
  });
  return found;
}

/** Methods that everybody knows: that a class of the project has one of the same name says nothing. */
const COMMON = new Set([Array, String, Map, Set, Promise].flatMap((one) => Object.getOwnPropertyNames(one.prototype)));

/**
 * The questions that act: getters, `is...`, `has...`, `are...`, `may...`, `can...`, and what a machine asks, of which one
 * changes a field, by itself or by what it calls. A method of another class is known by its name alone; it counts where
 * every method of that name acts, and for what a machine calls, which are links, where one does.
 */
export function actingQuestions(files: readonly SourceFile[]): string[] {
  const all = files.flatMap(namedIn);
  const byName = new Map<string, Named[]>();
  for (const one of all) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  const acting = new Set(all.filter(({ changes }) => changes));
  const acts = (one: Named) => acting.has(one);
  const isActing = ({ path, owner, own, others }: Named) =>
    own.some((name) => byName.get(name)?.some((other) => other.owner === owner && acts(other))) ||
    others.some((name) => {
      const known = COMMON.has(name) ? undefined : byName.get(name);
      return path.startsWith('machines/') ? known?.some(acts) : known?.every(acts);
    });
  for (let before = -1; before !== acting.size; ) {
    before = acting.size;
    for (const one of all) if (isActing(one)) acting.add(one);
  }
  return all.filter((one) => one.isQuestion && acting.has(one)).map(({ path, name }) => `${path}: ${name}`);
}
