/**
 * Writes into maps of values that a function made itself, without the map: nothing on the way here has given it.
 */
import { type Definition, isCaptured, unparen } from "../calls/functions.ts";
import { structType } from "../calls/typeShape.ts";
import type { Var } from "../types/types.ts";
import type { Access, Spawn } from "./events.ts";
import type { Walk } from "./walkRecord.ts";

/** Reports an access that writes into such a map. */
export function reportNilWrite(walk: Walk, access: Access, spawn: Spawn | null): void {
  if (!writesIntoNil(walk, access)) return;
  walk.reportNil({ access, spawn, within: walk.fn, inSomeCase: access.cases > walk.state.cases });
}

/** True for a write into a local map, or a map field of a local struct, that was made here without the map. */
function writesIntoNil(walk: Walk, access: Access): boolean {
  const { path, kind, made, variable } = access;
  if (kind !== "write" || made || variable === null || path.steps.length > 1) return false;
  const { root } = path;
  if (root.role !== "local" || isCaptured(root, walk.fn)) return false;
  const definitions = walk.fn.facts.definitions.get(root) ?? [];
  const [step] = path.steps;
  if (step === undefined) return definitions.length > 0 && definitions.every((d) => d.how === "zero");
  if (step.kind !== "field") return false;
  return (
    definitions.length === 1 &&
    definitions.every((d) =>
      d.how === "zero" ? structType(root.type()) !== null : leavesOut(d, step.field, walk),
    )
  );
}

/** True for `T{…}` and `&T{…}` that give the field no value. */
function leavesOut(d: Definition, field: Var, walk: Walk): boolean {
  let x = d.expr && d.how === "value" ? unparen(d.expr) : null;
  if (x?.kind === "UnaryExpr" && x.op === "&") x = unparen(x.x);
  if (x?.kind !== "CompositeLit" || !structType(walk.fn.info.typeOf(x))) return false;
  const own = structType(walk.fn.info.typeOf(x))?.fields.some((f) => f.origin === field) ?? false;
  return (
    own &&
    x.elts.every((e) => e.kind === "KeyValueExpr" && e.key.kind === "Ident" && e.key.name !== field.name)
  );
}
