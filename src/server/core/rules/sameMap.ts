/**
 * Whether two uses of what is declared as one map may be of one and the same map, and by two goroutines: which value
 * they reach it from, along which fields, and whether both happen in the one run of a main loop.
 *
 * A field is of as many maps as there are values of its struct. Locks are `locks/`; names that tell, `phases.ts`.
 */
import type { Held } from "../accesses/events.ts";
import { type Path, type Step, sameVar } from "../accesses/path.ts";
import { type Fn, forEachChild } from "../calls/functions.ts";
import { namedType, qualifiedName, structType, under } from "../calls/typeShape.ts";
import { isBeside } from "../locks/guards.ts";
import type { Node, SelectStmt } from "../syntax/ast.ts";
import type { Type, Var } from "../types/types.ts";
import type { MapUse } from "./mapUses.ts";

/** True where both reach the map from a value of the same type: it may be the same value. */
export function sameHolder(a: MapUse, b: MapUse): boolean {
  const name = holderOf(a);
  return name !== "" && name === holderOf(b);
}

function holderOf({ access }: MapUse): string {
  return access.handedOut || qualifiedName(access.path.root.type());
}

/** True where two calls each have the map from an argument, which is most likely not the same. */
export function ownArguments(a: MapUse, b: MapUse): boolean {
  return [a, b].every(({ access }) => access.path.root.role === "param");
}

/** True where some instance has the map, and nobody can tell which: it may not be the one that others share. */
export function hasUnknownHolder({ access: { path } }: MapUse): boolean {
  return path.root.role === "field" && !path.steps.some((step) => step.kind === "field");
}

/** True where both reach the map from values of one type along the same fields. */
export function isSameFromRoot(a: MapUse, b: MapUse): boolean {
  return sameHolder(a, b) && isSameWay(a.access.path.steps, b.access.path.steps);
}

/** True where both reach the map along the same fields from the struct that has the lock. */
export function isSameFromLock(a: MapUse, b: MapUse, { path: lock }: Held): boolean {
  if (lock === null) return true;
  const [from, other] = [stepsAfter(lock, a.access.path), stepsAfter(lock, b.access.path)];
  return from === null || other === null || isSameWay(from, other);
}

/** The steps of a path that come after the struct with the lock; null where that is not on the way. */
function stepsAfter(lock: Path, { root, steps }: Path): readonly Step[] | null {
  const field = lock.steps.findLast((step) => step.kind === "field");
  const variable = field?.kind === "field" ? field.field : lock.root;
  if (variable.role !== "field") return null;
  const holders = [root, ...steps.map((step) => (step.kind === "field" ? step.field : null))];
  const at = holders.findLastIndex((holder) => holder !== null && hasField(holder.type(), variable));
  if (at >= 0) return steps.slice(at);
  return root.role === "field" ? [{ kind: "field", field: root }, ...steps] : null;
}

/** True for a struct with the field, also behind a pointer. */
export function hasField(type: Type, field: Var): boolean {
  return structType(type)?.fields.some((other) => sameVar(other, field)) ?? false;
}

function isSameWay(a: readonly Step[], b: readonly Step[]): boolean {
  return (
    a.length === b.length &&
    a.every((step, i) => {
      const other = b[i]!;
      return step.kind === "field"
        ? other.kind === "field" && sameVar(step.field, other.field)
        : other.kind === "element";
    })
  );
}

/** True where the struct with the map lies inside of one struct for one of the uses, and of another for the other. */
export function isApart(a: MapUse, b: MapUse): boolean {
  const [x, y] = [containerOf(a.access.path), containerOf(b.access.path)];
  return x !== null && y !== null && !sameVar(x, y);
}

/** The field that holds the struct with the map, where it holds the struct itself and no pointer to it. */
function containerOf({ root, steps }: Path): Var | null {
  const at = steps.findLastIndex((step) => step.kind === "field");
  const before = at > 0 ? steps[at - 1]! : null;
  const field = before?.kind === "field" ? before.field : at === 0 && root.role === "field" ? root : null;
  return field !== null && under(field.type()).kind === "struct" ? field : null;
}

/**
 * True for a method of an unexported type that itself reaches into the struct with the lock: such a type stands behind
 * an interface, where that struct's own methods hand it on, and which locks they hold then is not to be seen.
 */
export function isOutOfSight({ entry, access }: MapUse, { path: lock }: Held): boolean {
  const type = entry.receiver ? namedType(entry.receiver.type()) : null;
  if (type === null || /^\p{Lu}/u.test(type.obj.name) || lock === null || access.fn !== entry) return false;
  const { root, steps } = access.path;
  return root === entry.receiver?.origin && steps.length > 1 && isBeside(lock, access.path);
}

/** True for two uses in one run of a main loop, which a value has one of, or of an iterator, which one goroutine has. */
export function isOfOneRun(a: MapUse, b: MapUse): boolean {
  if (a.spawn !== null || b.spawn !== null) return false;
  if (a.entry === b.entry && isIterator(a.entry)) return true;
  const functions = new Set(functionsOf(a));
  return functionsOf(b).some((fn) => functions.has(fn) && isMainLoop(fn));
}

/** The functions on the way to an access, the one that is entered first. */
export function functionsOf({ entry, access }: MapUse): Fn[] {
  return [entry, ...access.calls.map((call) => call.fn), access.fn];
}

/** True for `Next() bool`. */
function isIterator({ node }: Fn): boolean {
  if (node.kind !== "FuncDecl" || node.name.name !== "Next" || node.type.params.fields.length > 0)
    return false;
  const result = node.type.results?.fields[0]?.type;
  return result?.kind === "Ident" && result.name === "bool";
}

/** A loop that waits for so many kinds of things, or more, is what its value does all the time. */
const MAIN_LOOP = 3;

const mainLoops = new WeakMap<Node, boolean>();

/** True for functions that go round a `select` with many receives. */
function isMainLoop(fn: Fn): boolean {
  let known = mainLoops.get(fn.node);
  if (known === undefined) {
    known = fn.node.body !== null && hasMainLoop(fn.node.body, false);
    mainLoops.set(fn.node, known);
  }
  return known;
}

function hasMainLoop(node: Node, isInLoop: boolean): boolean {
  if (node.kind === "FuncLit") return false;
  if (isInLoop && node.kind === "SelectStmt" && receivesIn(node) >= MAIN_LOOP) return true;
  let found = false;
  forEachChild(node, (child) => {
    found ||= hasMainLoop(child, isInLoop || node.kind === "ForStmt");
  });
  return found;
}

function receivesIn({ cases }: SelectStmt): number {
  return cases.filter(({ comm }) => comm !== null && comm.kind !== "SendStmt").length;
}
