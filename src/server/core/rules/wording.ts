/**
 * How Findings are worded: places, goroutines, locks, and the sentence that names them all.
 *
 * What is said about which conflict is decided by the rules.
 */
import type { Access, Held, Spawn } from "../accesses/events.ts";
import type { Fn } from "../calls/functions.ts";
import { mapType, namedType, spellType, under } from "../calls/typeShape.ts";
import type { AccessKind, CoreAccess, CoreMap, FilePlace } from "../finding.ts";
import { handlerKindOf } from "../goroutines/handlers.ts";
import type { Node } from "../syntax/ast.ts";
import type { Type, Var } from "../types/types.ts";
import type { Side } from "./conflicts.ts";

const VERBS: Readonly<Record<AccessKind, string>> = {
  read: "read",
  write: "written",
  iterate: "iterated over",
  len: "measured",
  delete: "deleted from",
  clear: "cleared",
  assign: "replaced",
};

/** Where something is within its declaration. */
type Span = Pick<Node, "pos" | "end">;

/** Where a node of a function stands in its file. */
export function placeOf(fn: Fn, node: Span): FilePlace {
  const start = fn.file.startOf(fn.decl);
  return { path: fn.file.path, pos: start + node.pos, end: start + node.end };
}

/** "main.go:12" for a node of a function. */
export function lineLabel(fn: Fn, node: Span): string {
  const { pos } = placeOf(fn, node);
  let line = 1;
  for (let i = fn.file.text.indexOf("\n"); i >= 0 && i < pos; i = fn.file.text.indexOf("\n", i + 1)) line++;
  return `${fn.file.path.slice(fn.file.path.lastIndexOf("/") + 1)}:${line}`;
}

/** How the goroutine of a side comes to run, in words. */
export function goroutineLabel(side: Side): string {
  const { spawn } = side;
  if (spawn !== null) return spawnLabel(spawn);
  if (side.from === "start")
    return side.entry.name === "main.main" ? "the main goroutine" : `the goroutine of ${side.entry.name}`;
  if (side.from === "test") return `the parallel test ${side.entry.name}`;
  const handler = handlerKindOf(side.entry);
  return handler ? `${handler} ${side.entry.name}` : `a caller of ${side.entry.name}`;
}

function spawnLabel(spawn: Spawn): string {
  const named = spawn.runs && !spawn.runs.isLiteral ? ` ${spawn.runs.name}` : "";
  if (spawn.how === "handler")
    return `${spawn.label}${named} (registered at ${lineLabel(spawn.fn, spawn.node)})`;
  return `${spawn.label} at ${lineLabel(spawn.fn, spawn.node)}`;
}

/** A lock as its source spells it, read mode and copies marked. */
export function lockLabel(lock: Held): string {
  if (lock.by === "copy") return `a copy of ${lock.text} only`;
  return lock.mode === "read" ? `${lock.text} (read)` : lock.text;
}

/** One side as Findings carry it. */
export function coreAccess(side: Side): CoreAccess {
  const { access } = side;
  return {
    ...placeOf(access.fn, access.node),
    kind: access.kind,
    function: access.fn.name,
    goroutine: goroutineLabel(side),
    locks: access.locks.filter((lock) => lock.by !== "once").map(lockLabel),
    counter: access.counter,
  };
}

/** What a channel carries, or a map in that: it has no declaration that could be guarded. */
export function coreHandedOver(owner: Var, depth: number, seen: Type | null): CoreMap | null {
  const map = coreMap(owner, depth, seen);
  return map && { ...map, variable: null };
}

/**
 * The map of a group, at its declaration; null where it has none in source.
 * @param seen the type that it has where it is used: declarations do not tell what a `sync.Map` or an `any` holds.
 */
export function coreMap(owner: Var, depth: number, seen: Type | null = null): CoreMap | null {
  if (owner.at === null || owner.pkg === null) return null;
  const start = owner.at.file.startOf(owner.at.decl);
  let type: Type = owner.type();
  for (let i = 0; i < depth; i++) type = elementOf(type);
  return {
    path: owner.at.file.path,
    pos: start + owner.at.ident.pos,
    end: start + owner.at.ident.end,
    name: mapName(owner, depth),
    type: spellType(depth > 0 && !mapType(type) && seen ? seen : type),
    variable: owner,
    depth,
  };
}

function elementOf(t: Type): Type {
  const map = mapType(t);
  if (map) return map.elem;
  const u = under(t);
  return u.kind === "slice" || u.kind === "array" || u.kind === "chan" ? u.elem : t;
}

/** "sessions", "Store.items", "routes[…]", "sent on updates", "loaded from Flags.all". */
export function mapName(owner: Var, depth: number): string {
  if (depth > 0 && under(owner.type()).kind === "chan")
    return `sent on ${mapName(owner, 0)}${"[…]".repeat(depth - 1)}`;
  if (depth > 0 && namedType(owner.type())?.obj.pkg?.path === "sync/atomic")
    return `loaded from ${mapName(owner, 0)}${"[…]".repeat(depth - 1)}`;
  return `${structNameOf(owner)}${owner.name}${"[…]".repeat(depth)}`;
}

function structNameOf(field: Var): string {
  if (field.role !== "field" || field.at?.decl.kind !== "TypeDecl") return "";
  const { ident, decl } = field.at;
  const spec = decl.specs.find((s) => s.pos <= ident.pos && ident.pos < s.end);
  return spec ? `${spec.name.name}.` : "";
}

/** "written in the http handler main.Login (main.go:31, no lock)". */
export function sideLabel(side: Side, locks = true): string {
  const { access } = side;
  const verb = access.counter ? "updated (read and written)" : VERBS[access.kind];
  const held = access.locks.filter((lock) => lock.by === "mutex" || lock.by === "copy");
  const under = !locks ? "" : held.length > 0 ? `, holding ${held.map(lockLabel).join(" and ")}` : "";
  const place = lineLabel(access.fn, access.node);
  return `${verb} at ${place} by ${goroutineLabel(side)}${under}`;
}

/** What to do about a map of a loop's variable that is one for all rounds; null for any other map. */
export function sharedRounds({ access }: Side): string | null {
  const { root } = access.path;
  // Facts about functions are not asked for where they say nothing: they may have to be found again.
  if (root.role !== "local" || !access.fn.facts.oneForAllRounds.has(root.origin)) return null;
  return `before Go 1.22 all rounds of a loop share ${root.name}: copy it first, ${root.name} := ${root.name}`;
}

/** Why nothing orders the two sides, for hover. */
export function reasoningOf(flagged: Side, other: Side, guard: Held | null): string {
  const chain = (access: Access): string =>
    access.calls.length === 0
      ? ""
      : ` (reached through ${access.calls.map((c) => `${c.fn.name} at ${lineLabel(c.fn, c.node)}`).join(", ")})`;
  const locks = (access: Access): string => {
    const held = access.locks.filter((lock) => lock.by === "mutex").map(lockLabel);
    return held.length === 0 ? "no lock is held" : `${held.join(" and ")} is held`;
  };
  const sides = [flagged, other].map(
    (side) => `- ${sideLabel(side, false)}${chain(side.access)}: ${locks(side.access)}`,
  );
  const guarded = guard ? `\n\nElsewhere the map is guarded by ${guard.text}.` : "";
  return `${sides.join("\n")}\n\nNothing orders the two: no lock in common, no wait, no hand-over.${guarded}`;
}
