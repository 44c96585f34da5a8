/**
 * Whether two accesses of different goroutines can meet: what kind of pair conflicts, whether both reach the
 * same map, and what signals order them. Locks are `locks/heldLocks.ts`; which goroutines are alive at a point
 * is the walk's state.
 */
import type { Access, Choice, Signal } from "../accesses/events.ts";
import {
  isEndOfChannel,
  isSameElement,
  KEY,
  keyOfSignals,
  LOADED,
  type Path,
  pathKey,
  type Step,
} from "../accesses/path.ts";

/** True where the access changes the map or its variable. */
export function writes(access: Access): boolean {
  return access.content === "write" || access.variable === "write";
}

/** True where one of the two changes what the other one touches. */
export function conflicts(a: Access, b: Access): boolean {
  const content =
    a.content !== null && b.content !== null && (a.content === "write" || b.content === "write");
  const variable =
    a.variable !== null && b.variable !== null && (a.variable === "write" || b.variable === "write");
  return content || variable;
}

/** True where only the variable that holds the map is in conflict, not the map itself. */
export function conflictsOnVariableOnly(a: Access, b: Access): boolean {
  return !(a.content !== null && b.content !== null && (a.content === "write" || b.content === "write"));
}

const signals = new WeakMap<Path, Signal[]>();

/** The signal of a path: one object for all places that give it or wait for it. */
export function signalOf(by: Signal["by"], path: Path, closes: boolean): Signal {
  const known = signals.get(path);
  const same = known?.find((signal) => signal.by === by && signal.closes === closes);
  if (same !== undefined) return same;
  const signal: Signal = { by, path, closes, [KEY]: `${by}:${keyOfSignals(path)}` };
  if (known === undefined) signals.set(path, [signal]);
  else known.push(signal);
  return signal;
}

/** A key that is equal for signals of the same channel, group or variable. */
export function signalKey(signal: Signal): string {
  return signal[KEY];
}

/**
 * True where a signal orders the two: one of them comes after waiting for what the other one's goroutine
 * signals later, and had not signalled before.
 */
export function orderedBySignal(a: Access, b: Access): boolean {
  return waitsFor(a, b) || waitsFor(b, a);
}

function waitsFor(later: Access, earlier: Access): boolean {
  if (later.awaited.length === 0 || earlier.signals.length === 0) return false;
  return later.awaited.some((signal) => {
    const key = signalKey(signal);
    // Who has loaded a map shares it already: storing it again hands over nothing.
    if (signal.by === "atomic" && isLoadedFrom(earlier.path, signal.path)) return false;
    return (
      earlier.signals.some((s) => signalKey(s) === key) &&
      !earlier.signalled.some((s) => signalKey(s) === key)
    );
  });
}

function isLoadedFrom(path: Path, holder: Path): boolean {
  return pathKey(path).startsWith(`${pathKey(holder)}[${LOADED.key}]`);
}

/** True where one is what a sender has sent and the other what a receiver got: two receivers get different things. */
export function areBothEnds(a: Path, b: Path): boolean {
  const end = (path: Path): Step | undefined => path.steps.find(isEndOfChannel);
  return end(a)?.kind === "element" && end(b)?.kind === "element" && end(a) !== end(b);
}

/** True where one of the two happens only for other values of a parameter than the other one does. */
export function contradict(a: Pick<Access, "choices">, b: Pick<Access, "choices">): boolean {
  return a.choices.some((x) =>
    b.choices.some((y) => {
      // Two that only rule values out leave others.
      if (x.parameter !== y.parameter || (!x.is && !y.is)) return false;
      return !(x.is ? allows(y, x.values) : allows(x, y.values));
    }),
  );
}

/** What two ways both say about parameters. */
export function saidByBoth(a: readonly Choice[], b: readonly Choice[]): readonly Choice[] {
  if (a === b) return a;
  return a.filter((x) =>
    b.some((y) => x.parameter === y.parameter && x.is === y.is && x.values.join() === y.values.join()),
  );
}

/** True where one of the values is left by a choice. */
function allows(choice: Choice, values: readonly string[]): boolean {
  return values.some((value) => choice.values.includes(value) === choice.is);
}

/** Whether two paths reach the same map in one run of the function that knows both. */
export function samePlace(a: Path, b: Path): boolean {
  if (a.root !== b.root || a.steps.length !== b.steps.length) return false;
  // A field as the root stands for some instance: whether it is the same one cannot be told.
  if (a.root.role === "field") return false;
  return a.steps.every((step, i) => {
    const other = b.steps[i]!;
    if (step.kind === "field") return other.kind === "field" && step.field === other.field;
    if (isEndOfChannel(step)) return isEndOfChannel(other) && areBothEnds(a, b);
    return other.kind === "element" && isSameElement(step, other);
  });
}
