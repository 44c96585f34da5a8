/**
 * Channels that count who is at work: whoever fills one to its capacity has waited for all who were.
 */
import { unparen } from "../calls/functions.ts";
import type { Expr, ForStmt } from "../syntax/ast.ts";
import { channelCapacity, channelPath } from "./channels.ts";
import { type Path, pathKey } from "./path.ts";
import type { Walk } from "./walkRecord.ts";

/** The channel that a loop fills, as `for i := 0; i < cap(sem); i++ { sem <- token{} }` does; null for other loops. */
export function filledBy(walk: Walk, loop: ForStmt): Path | null {
  const [only, ...rest] = loop.body.list;
  if (only?.kind !== "SendStmt" || rest.length > 0) return null;
  const path = channelPath(walk, only.chan);
  if (path === null) return null;
  const init = loop.init?.kind === "AssignStmt" ? loop.init.rhs : [];
  const cond = loop.cond?.kind === "BinaryExpr" ? [loop.cond.y] : [];
  return [...init, ...cond].some((bound) => isCapacity(walk, bound, path)) ? path : null;
}

function isCapacity(walk: Walk, e: Expr, path: Path): boolean {
  const x = unparen(e);
  const constant = walk.fn.info.constOf(x);
  if (constant !== null) return constant === channelCapacity(walk, path);
  if (x.kind !== "CallExpr" || x.fun.kind !== "Ident" || !x.args[0]) return false;
  if (walk.fn.info.objectOf(x.fun)?.kind !== "builtin" || x.fun.name !== "cap") return false;
  const counted = channelPath(walk, x.args[0]);
  return counted !== null && pathKey(counted) === pathKey(path);
}
