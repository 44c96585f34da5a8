/**
 * What a callee's summary says, in the terms of one of its callers: parameters replaced by what they stand for, and
 * what the caller has done before added to it. Null or nothing where the call does not get there.
 */

import { type Binding, substitute } from "../accesses/calledValues.ts";
import type { Access, Choice, Given, Held, Signal } from "../accesses/events.ts";
import { extend, type Path } from "../accesses/path.ts";
import { placeIn } from "../accesses/places.ts";
import { isMade, isTakenOut, type Walk } from "../accesses/walkRecord.ts";
import { givenKey, union } from "../accesses/walkState.ts";
import { isTestFile } from "../goroutines/handlers.ts";
import { signalKey, signalOf } from "../goroutines/order.ts";
import { giveBack, outsideOf, together } from "../locks/heldLocks.ts";
import type { Node } from "../syntax/ast.ts";
import { identical } from "../types/predicates.ts";
import type { Type } from "../types/types.ts";
import { deref, interfaceType, namedType, qualifiedName, structType, under } from "./typeShape.ts";

/** Tests call everything; what lies deeper under them is looked at where it is called by the program itself. */
const DEEPEST_IN_TESTS = 2;
/** Longer chains of calls are shown by their ends. */
const LONGEST_CHAIN = 6;

/** One access of a callee in the caller's terms; several where the map may be several. */
export function rebase(
  walk: Walk,
  access: Access,
  binding: Binding,
  node: Node,
  how: "inline" | "spawn",
): readonly Access[] {
  const { state } = walk;
  if (access.calls.length >= DEEPEST_IN_TESTS && isTestFile(walk.fn)) return [];
  const replaced = binding.has(access.path.root);
  const variable = replaced && access.path.steps.length === 0 ? null : access.variable;
  if (variable === null && access.content === null) return [];
  if (isTakenOutBefore(walk, access)) return [];
  const choices = rebaseChoices(walk, access.choices, binding);
  if (choices === null) return [];
  const kept = how === "spawn" ? [] : keptLocks(walk, access, binding);
  // What callers promise to hold counts where no caller is in sight; here is one.
  const own = access.locks.filter((lock) => lock.by !== "contract");
  const locks = together(kept, rebaseLocks(walk, own, binding));
  const awaited = union(state.awaited, rebaseSignals(walk, access.awaited, binding), signalKey);
  const signalled = union(state.signalled, rebaseSignals(walk, access.signalled, binding), signalKey);
  const signals = [...rebaseSignals(walk, access.signals, binding)];
  // What a dependency does happens, for its users, where they call it.
  const foreign = !access.fn.pkg.inWorkspace && walk.fn.pkg.inWorkspace;
  const place = foreign
    ? { fn: walk.fn, node: placeIn(walk.fn, node) }
    : { fn: access.fn, node: access.node };
  const calls =
    access.calls.length >= LONGEST_CHAIN
      ? access.calls
      : [{ fn: walk.fn, node: placeIn(walk.fn, node) }, ...access.calls];
  const unlocked = union(state.released, rebaseGiven(walk, access.unlocked, binding), givenKey);
  const paths = rebasePath(walk, access.path, binding).filter((path) => mayBe(path, access));
  return paths.map((path) => ({
    ...access,
    ...place,
    path,
    variable,
    locks,
    choices,
    awaited,
    signalled,
    signals,
    calls: foreign ? [] : calls,
    unlocked: how === "spawn" ? [] : unlocked,
    // Whether there are any more is all that is asked; a recursive function would add its own for ever.
    cases: state.cases + Math.min(access.cases, 1),
    sealed: access.sealed || state.sealed,
    made: access.made || isMade(state, path),
  }));
}

/** False where a callee asserts that what it is handed is a map of another type than what the caller has. */
function mayBe(path: Path, { path: { root, steps }, type }: Access): boolean {
  if (type === null || steps.length > 0 || interfaceType(root.type()) === null) return true;
  const given = typeAt(path);
  return given === null || under(given).kind !== "map" || identical(given, type);
}

/** The type of what a path leads to, or null. */
function typeAt({ root, steps }: Path): Type | null {
  let type: Type = root.type();
  for (const step of steps) {
    if (step.kind === "field") type = step.field.type();
    else {
      const container = under(deref(type));
      if (container.kind !== "map" && container.kind !== "slice" && container.kind !== "array") return null;
      type = container.elem;
    }
  }
  return type;
}

/** What must hold of the caller's parameters for an access of a callee to happen; null where it cannot happen. */
function rebaseChoices(walk: Walk, choices: readonly Choice[], binding: Binding): readonly Choice[] | null {
  const kept: Choice[] = [];
  for (const choice of choices) {
    const bound = binding.get(choice.parameter);
    const [value] = bound ?? [];
    if (bound === undefined) kept.push(choice);
    else if (value?.kind === "constant" && bound.length === 1) {
      if (choice.values.includes(value.text) !== choice.is) return null;
    } else if (value?.kind === "path" && bound.length === 1 && value.path.steps.length === 0) {
      const { root } = value.path;
      if (root.role === "param" && !walk.fn.facts.assigned.has(root))
        kept.push({ ...choice, parameter: root });
    }
  }
  return kept.length === 0 ? walk.state.choices : [...walk.state.choices, ...kept];
}

/** True for what a literal does with a map that was taken out of its variable before the literal runs. */
function isTakenOutBefore(walk: Walk, { fn, node: { ident }, path, variable }: Access): boolean {
  if (ident === null || variable !== null || fn.facts !== walk.fn.facts) return false;
  return isTakenOut(walk, ident, path);
}

function keptLocks(walk: Walk, access: Access, binding: Binding): readonly Held[] {
  let held = walk.state.held;
  if (held.length === 0) return held;
  for (const { path } of access.unlocked) {
    for (const target of rebasePath(walk, path, binding)) held = giveBack(held, target).held;
  }
  return held;
}

export function rebasePath(walk: Walk, path: Path, binding: Binding): readonly Path[] {
  if (!binding.has(path.root)) return [path];
  const values = substitute(walk.world, [{ kind: "path", path, owned: false }], binding, walk.fn);
  return values.flatMap((value) => (value.kind === "path" ? [value.path] : []));
}

/** Locks that a callee gives back and has not taken, in the caller's terms. */
export function rebaseGiven(walk: Walk, locks: readonly Given[], binding: Binding): readonly Given[] {
  if (!locks.some(({ path }) => binding.has(path.root))) return locks;
  return locks.flatMap((lock) => rebasePath(walk, lock.path, binding).map((path) => ({ ...lock, path })));
}

/** The same array where nothing in it is bound: most locks are fields that no binding replaces. */
function rebaseLocks(walk: Walk, locks: readonly Held[], binding: Binding): readonly Held[] {
  if (!locks.some((lock) => lock.path && binding.has(lock.path.root))) return locks;
  return locks.map((lock) => rebaseLock(walk, lock, binding));
}

export function rebaseLock(walk: Walk, lock: Held, binding: Binding): Held {
  if (lock.path === null || !binding.has(lock.path.root)) return lock;
  const path = rebasePath(walk, lock.path, binding)[0] ?? null;
  return { ...outsideOf(lock), path: path && throughEmbedded(path) };
}

/** Whoever takes a struct for a lock, as a `sync.Locker`, takes the mutex that is embedded in it. */
function throughEmbedded(path: Path): Path {
  const last = path.steps.at(-1);
  const type = last === undefined ? path.root.type() : last.kind === "field" ? last.field.type() : null;
  if (type === null || namedType(type)?.obj.pkg?.path === "sync") return path;
  const mutex = structType(type)?.fields.find(
    (field) => field.embedded && /^sync\.(RW)?Mutex$/.test(qualifiedName(field.type())),
  );
  return mutex ? (extend(path, [{ kind: "field", field: mutex.origin }]) ?? path) : path;
}

export function rebaseSignals(walk: Walk, signals: readonly Signal[], binding: Binding): readonly Signal[] {
  if (!signals.some((signal) => binding.has(signal.path.root))) return signals;
  return signals.flatMap((signal) =>
    rebasePath(walk, signal.path, binding).map((path) => signalOf(signal.by, path, signal.closes)),
  );
}
