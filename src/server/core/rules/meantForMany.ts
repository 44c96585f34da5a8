/**
 * Whether code that is entered by exported functions alone says itself that its callers are concurrent: its struct has
 * a lock or a `Once`, and queries fill what they look into.
 */
import type { Held } from "../accesses/events.ts";
import { qualifiedName, structType } from "../calls/typeShape.ts";
import { conflictsOnVariableOnly, writes } from "../goroutines/order.ts";
import { isBeside } from "../locks/guards.ts";
import type { Expr } from "../syntax/ast.ts";
import type { MapUse } from "./mapUses.ts";
import { isCalled, PREPARES } from "./phases.ts";
import { isSameFromRoot } from "./sameMap.ts";

/** True for two queries of values with locks, one of them under the lock beside the map or both of the same value. */
export function areMeantForMany(a: MapUse, b: MapUse, guard: Held | null): boolean {
  if (!isMeantForMany(a) || !isMeantForMany(b) || conflictsOnVariableOnly(a.access, b.access)) return false;
  if (holdsBeside(a) || holdsBeside(b)) return true;
  // A wrapper that locks tells what the lock in the value itself is not for.
  return isSameFromRoot(a, b) && (!guard?.path || isBeside(guard.path, a.access.path));
}

function holdsBeside({ access: { locks, path } }: MapUse): boolean {
  return locks.some((lock) => lock.by === "mutex" && lock.path !== null && isBeside(lock.path, path));
}

/** True where the struct that is used also has a lock, a `Once` or the like, and this use does not set it up. */
function isMeantForMany(use: MapUse): boolean {
  const { root } = use.access.path;
  // Where all callers are in sight, those that are concurrent are goroutines.
  if (use.inSight || root !== use.entry.receiver?.origin) return false;
  // A query that fills what it looks into; what only adds is called before others come.
  const answers = (use.entry.node.type.results?.fields ?? []).some((field) => !isError(field.type));
  if (writes(use.access) && (!answers || isCalled(use, PREPARES))) return false;
  return (structType(root.type())?.fields ?? []).some((field) =>
    CONCURRENT_TYPES.has(qualifiedName(field.type())),
  );
}

/** True for `error` as a function declares it. */
function isError(type: Expr): boolean {
  return type.kind === "Ident" && type.name === "error";
}

/** Types that a struct has because its callers are concurrent. */
const CONCURRENT_TYPES: ReadonlySet<string> = new Set([
  "sync.Mutex",
  "sync.RWMutex",
  "sync.Once",
  "golang.org/x/sync/singleflight.Group",
]);
