/**
 * All accesses of a program's maps as its entry points see them, gathered by what they touch: per field or
 * package-level variable, from which kind of goroutine, under which locks.
 *
 * Entry points are what something outside calls: exported functions of libraries, handlers, goroutines. What
 * only `main` or `init` do in sequence is nobody's race. Which uses can meet is `conflicts.ts`.
 */
import type { Access, Spawn } from "../accesses/events.ts";
import { groupKey, groupOf } from "../accesses/path.ts";
import type { Summaries } from "../accesses/summaries.ts";
import { declFacts, type Fn } from "../calls/functions.ts";
import { namedType } from "../calls/typeShape.ts";
import { handlerKindOf, isTestFile } from "../goroutines/handlers.ts";
import { signalKey } from "../goroutines/order.ts";
import type { Node, SourceFile } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";

/** One access as an entry point makes it. */
export interface MapUse {
  readonly access: Access;
  /** The function through which the access is reached. */
  readonly entry: Fn;
  /** `api`: whoever calls an exported function; `start`: init, main and tests, one after the other. */
  readonly from: "goroutine" | "handler" | "api" | "start";
  /** The goroutine, where the access runs in one that is started in sight. */
  readonly spawn: Spawn | null;
}

/** The uses of one map. */
export interface MapGroup {
  readonly owner: Var;
  readonly depth: number;
  readonly uses: readonly MapUse[];
}

/** The uses of all maps, by group. */
export type MapUses = ReadonlyMap<string, MapGroup>;

/** Gathers the uses of every map of the workspace. */
export function gatherUses(summaries: Summaries): MapUses {
  const groups = new Map<string, { owner: Var; depth: number; uses: MapUse[]; known: Variants }>();
  const add = (use: MapUse): void => {
    const { path } = use.access;
    const key = groupKey(path);
    let group = groups.get(key);
    if (!group) {
      const { owner, depth } = groupOf(path);
      group = { owner, depth, uses: [], known: new Map() };
      groups.set(key, group);
    }
    if (isNew(group.known, use)) group.uses.push(use);
  };
  const functions = workspaceFunctions(summaries);
  const called = new Set(functions.flatMap((fn) => [...summaries.calledIn(fn)]));
  const generated = new Set([...new Set(functions.map((fn) => fn.file))].filter(isGenerated));
  for (const fn of functions) {
    const summary = summaries.summaryOf(fn);
    const from = entryKind(fn, called.has(fn));
    if (from !== null) {
      for (const access of summary.accesses) {
        // Generated encoders take what they are given: who locks is for whoever calls them.
        if (from === "api" && generated.has(access.fn.file)) continue;
        add({ access, entry: fn, from, spawn: null });
      }
    }
    if (isTestFile(fn)) continue;
    for (const spawn of summary.spawns) {
      if (handsBackItsEnd(spawn)) continue;
      const kind = spawn.how === "handler" ? "handler" : "goroutine";
      for (const access of spawn.accesses) add({ access, entry: fn, from: kind, spawn });
    }
  }
  return groups;
}

/** What the kept uses of each place waited for before. */
type Variants = Map<string, ReadonlySet<string>[]>;

/** One place is kept with at most this many ways of having waited: one is enough for a Finding. */
const MOST_VARIANTS = 4;

/**
 * True where no kept use of the same place meets whatever this one meets: one that waited for nothing else
 * meets at least as much. A place deep in a big program is reached in thousands of ways, and all pairs are compared.
 */
function isNew(known: Variants, use: MapUse): boolean {
  const key = placeOfUse(use);
  const kept = known.get(key);
  const waited = new Set(use.access.awaited.map(signalKey));
  if (!kept) {
    known.set(key, [waited]);
    return true;
  }
  if (kept.length >= MOST_VARIANTS || kept.some((set) => isSubset(set, waited))) return false;
  kept.push(waited);
  return true;
}

function isSubset(small: ReadonlySet<string>, big: ReadonlySet<string>): boolean {
  return small.size <= big.size && [...small].every((key) => big.has(key));
}

/** A key that is equal for uses of one place by the same goroutine under the same kinds of locks. */
function placeOfUse({ access, from, spawn }: MapUse): string {
  const locks = access.locks.map(
    (lock) => (lock.path ? groupKey(lock.path) : "?") + lock.mode[0] + lock.by[0],
  );
  const goroutine = spawn ? `${placeKey(spawn.fn, spawn.node)}${spawn.many}` : "";
  return `${from} ${goroutine} ${placeKey(access.fn, access.node)} ${access.kind} ${locks.sort().join()}`;
}

function placeKey(fn: Fn, node: Node): string {
  return `${fn.file.path}:${fn.file.startOf(fn.decl) + node.pos}`;
}

/** All functions and literals of the workspace. */
export function workspaceFunctions(summaries: Summaries): Fn[] {
  const functions: Fn[] = [];
  for (const pkg of summaries.world.program.packages) {
    for (const file of pkg.files) {
      for (const decl of file.decls) {
        if (decl.kind === "FuncDecl" || decl.kind === "VarDecl")
          functions.push(...declFacts(pkg, decl).functions);
      }
    }
  }
  return functions;
}

/** True for files that say that a tool wrote them. */
function isGenerated(file: SourceFile): boolean {
  return /^\/\/ Code generated .* DO NOT EDIT\.$/m.test(file.text.slice(0, 2_000));
}

/** True where the starter returns the channel that the goroutine ends with: its caller waits for it. */
function handsBackItsEnd(spawn: Spawn): boolean {
  return spawn.signals.some((signal) => signal.by === "channel" && signal.path.root.role === "local");
}

/** How a function is entered from outside; null where only the program's own functions call it. */
function entryKind(fn: Fn, called: boolean): MapUse["from"] | null {
  if (fn.node.kind === "FuncLit") return null;
  const { name } = fn.node.name;
  if (
    isTestFile(fn) ||
    (fn.receiver === null && (name === "init" || (name === "main" && fn.pkg.name === "main")))
  ) {
    return "start";
  }
  if (handlerKindOf(fn) !== null) return "handler";
  if (!/^\p{Lu}/u.test(name) || fn.pkg.name === "main") return null;
  // A method of an unexported type that the package calls itself is entered through those calls.
  return called && isHidden(fn) ? null : "api";
}

/** True for methods of unexported types. */
function isHidden(fn: Fn): boolean {
  const type = fn.receiver ? namedType(fn.receiver.type()) : null;
  return type !== null && !/^\p{Lu}/u.test(type.obj.name);
}
