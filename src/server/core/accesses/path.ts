/**
 * Paths: which variable, and which way through fields and elements from there, an expression reaches.
 *
 * `s.items[k]` in a method is the path of the element `k` of the field `items` of the receiver. Pointers are
 * followed silently, as Go's selectors do. What a name stands for (aliases) is `values.ts`.
 */
import type { Var } from "../types/types.ts";
import type { Place } from "./places.ts";

/** One step from a value to a part of it. */
export type Step = FieldStep | ElementStep;
export interface FieldStep {
  readonly kind: "field";
  readonly field: Var;
}
export interface ElementStep {
  readonly kind: "element";
  /**
   * What tells elements apart: the constant key, or "" where it cannot be told; the loop that goes through all of them;
   * or which end of a channel.
   */
  readonly key: string;
}

/** The steps from a channel to what is sent on it, as its sender and its receiver know it. */
export const SENT: ElementStep = { kind: "element", key: "<- sent" };
export const RECEIVED: ElementStep = { kind: "element", key: "<- received" };

/** The step from an atomic pointer or value to what is loaded from it, which everybody has who loads it. */
export const LOADED: ElementStep = { kind: "element", key: "<- loaded" };

const EACH = "<- each ";

/** The step to the elements that a loop goes through. `loop` is a name that stays while text elsewhere changes. */
export function eachOf(loop: string): ElementStep {
  return { kind: "element", key: EACH + loop };
}

/** True for the step to elements that cannot be told apart: one of them, nobody can tell which, or all of them. */
export function isSomeElement(step: Step): boolean {
  return step.kind === "element" && (step.key === "" || step.key.startsWith(EACH));
}

/**
 * True where two steps lead to the same element. A loop comes to each of them, so to whichever the other one is; two
 * rounds of one loop are at different ones.
 */
export function isSameElement(a: ElementStep, b: ElementStep): boolean {
  if (a.key === b.key) return !isSomeElement(a);
  return a.key.startsWith(EACH) || b.key.startsWith(EACH);
}

/** The key of a path by which signals are told: those of elements that cannot be told apart have one. */
export function keyOfSignals(path: Path): string {
  return path[KEY].replaceAll(/\[<- each [^\]]*\]/g, "[]");
}

/** Not one of the parts that paths and signals are compared by: another version's paths have other keys. */
export const KEY = Symbol("key");
const GROUP = Symbol("group");

/** Made by {@link pathOf} and {@link extend} alone: there is one object for each path. */
export interface Path {
  readonly root: Var;
  readonly steps: readonly Step[];
  /** True for what is reached through a channel. */
  readonly isHandedOver: boolean;
  readonly [KEY]: string;
  readonly [GROUP]: string;
}

/** Longer paths are not followed: they come from recursive structures. */
const LONGEST_PATH = 6;

/** The paths of variables, and those that go on from a path by one step, by what the step adds to its key. */
const ofVariables = new WeakMap<Var, Path>();
const longer = new WeakMap<Path, Map<string, Path>>();

const identities = new WeakMap<Var | Place, number>();
let nextIdentity = 1;

/** A number for a place, or for all instances of one declared variable. */
export function identityOf(one: Var | Place): number {
  const origin = "origin" in one ? one.origin : one;
  let id = identities.get(origin);
  if (id === undefined) {
    id = nextIdentity++;
    identities.set(origin, id);
  }
  return id;
}

/** True where both are the same declared variable. */
export function sameVar(a: Var, b: Var): boolean {
  return a.origin === b.origin;
}

/** A key that is equal for equal paths. */
export function pathKey(path: Path): string {
  return path[KEY];
}

/** The path of a variable, of the program's hundreds of thousands of uses of it. */
export function pathOf(root: Var): Path {
  let path = ofVariables.get(root);
  if (path === undefined) {
    path = made(root, [], false, `${identityOf(root)}`);
    ofVariables.set(root, path);
  }
  return path;
}

function made(root: Var, steps: readonly Step[], isHandedOver: boolean, key: string): Path {
  const { owner, depth } = groupOf({ root, steps });
  const group = `${isHandedOver ? "<-" : ""}${identityOf(owner)}/${depth}`;
  return { root, steps, isHandedOver, [KEY]: key, [GROUP]: group };
}

/** True for the step from a channel to what is sent on it. */
export function isEndOfChannel(step: Step): boolean {
  return step.kind === "element" && (step.key === SENT.key || step.key === RECEIVED.key);
}

/** `path` continued by one step. */
function next(path: Path, step: Step): Path {
  let known = longer.get(path);
  if (known === undefined) {
    known = new Map();
    longer.set(path, known);
  }
  const added = step.kind === "field" ? `.${identityOf(step.field)}` : `[${step.key}]`;
  let found = known.get(added);
  if (found === undefined) {
    const isHandedOver = path.isHandedOver || isEndOfChannel(step);
    found = made(path.root, path.steps.concat(step), isHandedOver, path[KEY] + added);
    known.set(added, found);
  }
  return found;
}

/**
 * What kind of thing a path ends in, whichever instance it is: the last field on the way and the elements
 * after it, or the root variable where no field is passed. Accesses of one map have one group, those by the ends of
 * a channel another.
 */
export function groupKey(path: Path): string {
  return path[GROUP];
}

/** The variable that a path's group is named after, and how many elements deep the path goes from there. */
export function groupOf(path: Pick<Path, "root" | "steps">): { owner: Var; depth: number } {
  let depth = 0;
  for (let i = path.steps.length - 1; i >= 0; i--) {
    const step = path.steps[i]!;
    if (step.kind === "field") return { owner: step.field, depth };
    depth++;
  }
  return { owner: path.root, depth };
}

/** `path` continued by `steps`, or null where it gets too long to be followed. */
export function extend(path: Path, steps: readonly Step[]): Path | null {
  if (path.steps.length + steps.length > LONGEST_PATH) return null;
  let extended = path;
  for (const step of steps) extended = next(extended, step);
  return extended;
}

/** As a reader would write it: "s.items", "routes[…]". */
export function spellPath(path: Path): string {
  let text = path.root.name;
  for (const step of path.steps) {
    if (step.kind === "field") text += `.${step.field.name}`;
    else text += isSomeElement(step) ? "[…]" : step.key === LOADED.key ? ".Load()" : `[${step.key}]`;
  }
  return text;
}
