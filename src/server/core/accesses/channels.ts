/**
 * What a walk does at channels: who sends, receives or closes gives a signal or waits for one. A channel of capacity
 * one is a lock as well.
 *
 * What is sent on them is `handovers.ts`; counting channels, `semaphores.ts`.
 */
import { type Question, sameOrOther } from "../calls/answers.ts";
import { nameOfVar } from "../calls/callees.ts";
import { isVar, unparen } from "../calls/functions.ts";
import { structType, under } from "../calls/typeShape.ts";
import { signalOf } from "../goroutines/order.ts";
import { toggled } from "../locks/heldLocks.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Info, Type, Var } from "../types/types.ts";
import { ofSomeInstance } from "./calledValues.ts";
import { heedAnswer } from "./handovers.ts";
import { extend, type Path, pathOf } from "./path.ts";
import { valuesOf } from "./values.ts";
import { giveSignal, heedSignal, textOf, type Walk } from "./walkRecord.ts";

/** Sends on a channel or closes it. A channel of capacity one is a lock as well. */
export function signalChannel(walk: Walk, channel: Expr, closes: boolean): void {
  const path = channelPath(walk, channel);
  if (path === null) return;
  if (!closes) toggleToken(walk, path, channel);
  giveSignal(walk, signalOf("channel", path, closes));
  if (closes) giveSignal(walk, signalOf("close", path, closes));
}

/** Receives from a channel. */
export function awaitChannel(walk: Walk, channel: Expr): void {
  heedAnswer(walk);
  const path = channelPath(walk, channel);
  if (path === null) return;
  toggleToken(walk, path, channel);
  for (const name of [path, ...fieldsWith(walk, path)])
    heedSignal(walk, signalOf("channel", name, false), walk.loops.length > 0);
  if (isSemaphore(walk.fn.info.typeOf(channel))) giveSignal(walk, signalOf("slots", path, true));
}

/** The fields of locals that a local channel was assigned to: callees know it by those. */
function fieldsWith({ fn }: Walk, { root, steps }: Path): Path[] {
  if (root.role !== "local" || steps.length > 0) return [];
  return [...fn.facts.ownFields].flatMap(([local, given]) =>
    given.flatMap(({ field, expr }) => {
      const value = unparen(expr);
      return value.kind === "Ident" && isVar(fn.info.objectOf(value), root)
        ? (extend(pathOf(local), [{ kind: "field", field }]) ?? [])
        : [];
    }),
  );
}

/** Has received from a channel until it was closed. */
export function awaitClose(walk: Walk, channel: Expr): void {
  const path = channelPath(walk, channel);
  if (path) heedSignal(walk, signalOf("close", path, true), true);
}

/** The channel; a field of something that nobody can tell is that field of some instance. */
export function channelPath(walk: Walk, channel: Expr): Path | null {
  for (const value of valuesOf(walk.world, channel, walk.fn)) {
    if (value.kind !== "path") continue;
    return value.path.root.role === "local" && !value.owned ? ofSomeInstance(value.path) : value.path;
  }
  return null;
}

/** True for channels whose elements say nothing: what is received from them is room for others. */
function isSemaphore(t: Type): boolean {
  const channel = under(t);
  return channel.kind === "chan" && structType(channel.elem)?.fields.length === 0;
}

/** Sending takes what receiving gives back, or the other way round. */
function toggleToken(walk: Walk, path: Path, channel: Expr): void {
  if (channelCapacity(walk, path) !== 1n) return;
  const token = { path, mode: "write", by: "token", text: textOf(walk.fn, channel) } as const;
  walk.state = { ...walk.state, held: toggled(walk.state.held, token) };
}

/** The capacity that a channel variable is made with, or null. */
export function channelCapacity(walk: Walk, path: Path): unknown {
  const last = path.steps.at(-1);
  const holder: Var | null = last === undefined ? path.root : last.kind === "field" ? last.field : null;
  if (holder === null) return null;
  const local = walk.fn.facts.definitions.get(holder);
  if (!local) return walk.world.answers.ask(CAPACITY, holder.origin, holder.origin);
  return capacityGiven(local.map((d) => ({ expr: d.expr, info: walk.fn.info })));
}

const CAPACITY: Question<Var, Var, unknown> = {
  unknown: null,
  name: nameOfVar,
  compare: sameOrOther,
  find: (world, holder) => capacityGiven(world.storesOf(holder)),
};

function capacityGiven(values: readonly { readonly expr: Expr | null; readonly info: Info }[]): unknown {
  for (const { expr, info } of values) {
    const made = expr ? unparen(expr) : null;
    if (made?.kind === "CallExpr" && made.args.length === 2 && made.args[1])
      return info.constOf(made.args[1]);
  }
  return null;
}
