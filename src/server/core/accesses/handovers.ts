/**
 * What is sent on a channel: the receiver has it from then on, and a sender that goes on using it shares it.
 *
 * Both sides know the map by the channel as well as by their own names, as the ends {@link SENT} and
 * {@link RECEIVED} of it: so that they are found to meet like all who use a map by one path. The sender has nothing
 * to do with it any more once its variable is given something else.
 */
import { declaredWithin } from "../calls/functions.ts";
import { rebaseSignals } from "../calls/rebase.ts";
import { deref, mapType, structType, under } from "../calls/typeShape.ts";
import { signalKey } from "../goroutines/order.ts";
import type { Expr, Node } from "../syntax/ast.ts";
import type { Type, Var } from "../types/types.ts";
import { type Binding, substitute } from "./calledValues.ts";
import { channelPath } from "./channels.ts";
import type { Access, Sent, Signal } from "./events.ts";
import { extend, type Path, pathKey, pathOf, RECEIVED, SENT, type Step } from "./path.ts";
import { elementFor, literalOf, through, valuesOf } from "./values.ts";
import type { Walk } from "./walkRecord.ts";
import { sentKey, union } from "./walkState.ts";

type Part = Pick<Sent, "what" | "as">;

/** Deeper than this, structs inside of what is sent are not looked into. */
const DEEPEST = 2;

/** Notes that what leads to maps in `value` was sent on `channel`. */
export function noteSent(walk: Walk, channel: Expr, value: Expr): void {
  const sends = leadsToMap(walk.fn.info.typeOf(value), 0);
  const on = sends ? channelPath(walk, channel) : null;
  const as = on ? extend(on, [SENT]) : null;
  if (as === null) return;
  const mayAnswer = holdsAnswer(walk.fn.info.typeOf(value));
  addSent(walk, partsOf(walk, value, as, 0), { awaited: [], mayAnswer });
}

function addSent(walk: Walk, parts: readonly Part[], how: Omit<Sent, "what" | "as">): void {
  // One of many elements, nobody can tell which.
  const known = parts.filter(({ what }) => what.steps.every((step) => step.kind === "field"));
  if (known.length === 0) return;
  const sent = union(
    walk.state.sent,
    known.map((part) => ({ ...part, ...how })),
    sentKey,
  );
  walk.state = { ...walk.state, sent };
}

/** The maps in what is sent, and the pointers that lead to some, each with what the receiver knows it by. */
function partsOf(walk: Walk, value: Expr, as: Path, depth: number): Part[] {
  const type = walk.fn.info.typeOf(value);
  const parts =
    mapType(type) || under(type).kind === "pointer" ? pathsOf(walk, value).map((what) => ({ what, as })) : [];
  if (mapType(type)) return parts;
  const literal = literalOf(value);
  for (const field of structType(type)?.fields ?? []) {
    const to = leadsToMap(field.type(), depth + 1) ? extend(as, [stepTo(field)]) : null;
    if (to === null) continue;
    const given = literal ? elementFor(literal, field.origin, walk.fn.info) : null;
    if (given) parts.push(...partsOf(walk, given, to, depth + 1));
    else if (!literal && mapType(field.type()))
      parts.push(...pathsOf(walk, value, [stepTo(field)]).map((what) => ({ what, as: to })));
  }
  return parts;
}

function stepTo(field: Var): Step {
  return { kind: "field", field: field.origin };
}

function pathsOf(walk: Walk, e: Expr, steps: readonly Step[] = []): Path[] {
  const values = through(walk.world, valuesOf(walk.world, e, walk.fn), steps, walk.fn);
  return values.flatMap((value) => (value.kind === "path" ? [value.path] : []));
}

/** True for maps, and structs and pointers with a map in them. */
function leadsToMap(type: Type, depth: number): boolean {
  if (mapType(type)) return true;
  return (
    depth <= DEEPEST && (structType(type)?.fields ?? []).some((field) => leadsToMap(field.type(), depth + 1))
  );
}

/** True where what is sent holds a channel, a group or a function: the receiver may say when it is done. */
function holdsAnswer(type: Type): boolean {
  return (structType(type)?.fields ?? []).some((field) => {
    const { kind } = under(deref(field.type()));
    return kind === "chan" || kind === "signature" || kind === "interface" || isGroup(field.type());
  });
}

function isGroup(type: Type): boolean {
  return structType(type)?.fields.some((field) => field.name === "noCopy") ?? false;
}

/** The sender waits for something that it may be answered on: what was sent counts as given back. */
export function heedAnswer(walk: Walk): void {
  const { sent } = walk.state;
  if (sent.some((one) => one.mayAnswer))
    walk.state = { ...walk.state, sent: sent.filter((one) => !one.mayAnswer) };
}

/** The sender waits for a signal, which its receiver may give when it is done. */
export function awaitedSince(walk: Walk, signal: Signal): void {
  heedAnswer(walk);
  const { sent } = walk.state;
  if (sent.length === 0) return;
  const since = sent.map((one) => ({ ...one, awaited: union(one.awaited, [signal], signalKey) }));
  walk.state = { ...walk.state, sent: since };
}

/** The variable at `path` is given something else: what was sent is known by other names only. */
export function forgetSent(walk: Walk, path: Path): void {
  const { sent } = walk.state;
  if (sent.length === 0) return;
  walk.state = {
    ...walk.state,
    sent: sent.filter(({ what, as }) => !isWithin(what, path) && !isWithin(as, path)),
  };
}

/** What the variables of a loop held in the round before is not what they hold now. */
export function beginRound(walk: Walk, loop: Node): void {
  const { sent } = walk.state;
  const isOfRound = ({ root }: Path): boolean => declaredWithin(root, walk.fn, loop);
  if (sent.some(({ what, as }) => isOfRound(what) || isOfRound(as)))
    walk.state = { ...walk.state, sent: sent.filter(({ what, as }) => !isOfRound(what) && !isOfRound(as)) };
}

/** What a callee has sent, in the caller's terms. */
export function takeOverSent(walk: Walk, sends: readonly Sent[], binding: Binding): void {
  const paths = (path: Path): Path[] =>
    substitute(walk.world, [{ kind: "path", path, owned: false }], binding, walk.fn).flatMap((value) =>
      value.kind === "path" ? [value.path] : [],
    );
  for (const { what, as, awaited, mayAnswer } of sends) {
    const parts = paths(as).flatMap((to) =>
      to.isHandedOver ? paths(what).map((one) => ({ what: one, as: to })) : [],
    );
    addSent(walk, parts, { awaited: rebaseSignals(walk, awaited, binding), mayAnswer });
  }
}

/** An access of something that was sent or received, as the other end of the channel knows it. */
export function asHandedOver(walk: Walk, access: Access): Access[] {
  const { path } = access;
  if (path.isHandedOver) return [];
  const others: Access[] = [];
  for (const { what, as, awaited } of walk.state.sent) {
    if (isWithin(path, what)) others.push(...knownBy(access, what, as, awaited));
  }
  for (const channel of receivedFrom(walk, path.root)) {
    const as = extend(channel, [RECEIVED]);
    if (as) others.push(...knownBy(access, pathOf(path.root), as, []));
  }
  return others;
}

/** The access with the path that goes on from `as` as its own goes on from `from`. */
function knownBy(access: Access, from: Path, as: Path, since: readonly Signal[]): Access[] {
  const rest = access.path.steps.slice(from.steps.length);
  const path = extend(as, rest);
  // Each side has a variable of its own, unless that is behind a pointer that both have.
  const shared = rest.length > 0 && isPointer(from);
  if (path === null || (!shared && access.content === null)) return [];
  return [
    {
      ...access,
      path,
      variable: shared ? access.variable : null,
      // Who has sent and who has received does not keep the other out.
      locks: access.locks.filter(({ by }) => by !== "token"),
      awaited: union(access.awaited, since, signalKey),
      signals: [...access.signals],
    },
  ];
}

function isPointer({ root, steps }: Path): boolean {
  const last = steps.at(-1);
  return under(last?.kind === "field" ? last.field.type() : root.type()).kind === "pointer";
}

/** The channels that a local may have been received from. */
function receivedFrom(walk: Walk, local: Var): Path[] {
  if (local.role !== "local") return [];
  return (walk.fn.facts.definitions.get(local) ?? []).flatMap(({ how, expr }) => {
    const channel = how === "received" && expr?.kind === "UnaryExpr" ? expr.x : how === "key" ? expr : null;
    if (channel === null || under(walk.fn.info.typeOf(channel)).kind !== "chan") return [];
    return channelPath(walk, channel) ?? [];
  });
}

/** True where `path` is `whole` or a part of it. */
function isWithin(path: Path, whole: Path): boolean {
  const [key, prefix] = [pathKey(path), pathKey(whole)];
  return key === prefix || key.startsWith(`${prefix}.`) || key.startsWith(`${prefix}[`);
}
