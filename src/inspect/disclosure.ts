import type { AnyActorRef, InspectionEvent } from 'xstate';
import { isActorRef, Plain } from './plain.ts';

/** The part of a snapshot that an inspector can make use of. */
interface PlainSnapshot {
  readonly status: string;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

/** Makes of what XState tells what an inspector may see: plain data in place of live objects, and no payloads unless asked. */
export class Disclosure {
  readonly #plain: Plain;
  readonly #views = new WeakMap<object, AnyActorRef>();

  /** @param payloads - whether payloads are shown. */
  constructor(payloads: boolean) {
    this.#plain = new Plain(payloads);
  }

  /** The event as an inspector may see it. */
  eventOf(raw: InspectionEvent): InspectionEvent {
    const shown: Record<string, unknown> = { ...raw, actorRef: this.#viewOf(raw.actorRef as AnyActorRef) };
    if ('sourceRef' in raw && raw.sourceRef !== undefined) shown.sourceRef = this.#viewOf(raw.sourceRef as AnyActorRef);
    if ('event' in raw) shown.event = this.#plain.event(raw.event);
    if ('snapshot' in raw) shown.snapshot = this.#snapshotOf(raw.snapshot);
    if ('action' in raw) shown.action = { type: raw.action.type, params: this.#plain.of(raw.action.params) };
    return shown as unknown as InspectionEvent;
  }

  /** An actor as inspectors look at it: who it is, whose child, by which logic, in which state. */
  #viewOf(actor: AnyActorRef): AnyActorRef {
    const known = this.#views.get(actor);
    if (known !== undefined) return known;
    const { id, sessionId, src, logic } = actor as AnyActorRef & { readonly logic?: unknown };
    const parent = actor._parent === undefined ? undefined : this.#viewOf(actor._parent);
    const view = {
      id,
      sessionId,
      logic,
      src,
      _parent: parent,
      getSnapshot: () => this.#snapshotOf(actor.getSnapshot()),
      // Whoever inspects looks on, and changes nothing.
      send: () => {},
      toJSON: () => ({ id, sessionId }),
    } as unknown as AnyActorRef;
    this.#views.set(actor, view);
    return view;
  }

  #snapshotOf(raw: unknown): PlainSnapshot {
    // An actor is told of before it has a snapshot.
    if (typeof raw !== 'object' || raw === null) return { status: 'active' };
    const { status, value, context, output, error, children } = raw as Record<string, unknown>;
    const shown: Record<string, unknown> = { status: String(status ?? 'active') };
    if (value !== undefined) shown.value = this.#plain.of(value);
    if (context !== undefined) shown.context = this.#plain.of(context);
    if (output !== undefined) shown.output = this.#plain.of(output);
    if (error !== undefined) shown.error = this.#plain.of(error);
    if (typeof children === 'object' && children !== null) shown.children = this.#childrenOf(children);
    return shown as unknown as PlainSnapshot;
  }

  #childrenOf(children: object): Record<string, unknown> {
    const actors = Object.entries(children).filter((entry): entry is [string, AnyActorRef] => isActorRef(entry[1]));
    return Object.fromEntries(actors.map(([id, child]) => [id, this.#viewOf(child)]));
  }
}
