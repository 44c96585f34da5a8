/**
 * Makes the Finding of a conflict, for the rules that flag one. The rules give the sentence.
 */
import { groupKey } from "../accesses/path.ts";
import { adviseGuard, adviseOn, adviseWriteLock } from "../advice/advice.ts";
import type { Advice, Code, CoreFinding } from "../finding.ts";
import type { Conflict } from "./conflicts.ts";
import type { MapGroup, MapUses } from "./mapUses.ts";
import { coreAccess, coreMap, reasoningOf } from "./wording.ts";

/** The Finding of a conflict; null where the map is not declared in source. */
export function conflictFinding(
  conflict: Conflict,
  uses: MapUses,
  code: Code,
  message: string,
): CoreFinding | null {
  const map = coreMap(conflict.owner, conflict.depth);
  if (map === null) return null;
  const group = uses.get(groupKey(conflict.flagged.access.path)) ?? {
    owner: conflict.owner,
    depth: conflict.depth,
    uses: [conflict.flagged, ...conflict.others].map((side) => ({
      access: side.access,
      entry: side.entry,
      from: side.from,
      spawn: side.spawn,
    })),
  };
  return {
    code,
    message,
    severity: conflict.confidence === "possible" ? "information" : "warning",
    confidence: conflict.confidence,
    map,
    accesses: [coreAccess(conflict.flagged), ...conflict.others.map(coreAccess)],
    reasoning: reasoningOf(conflict.flagged, conflict.others[0], conflict.guard),
    advice: adviceOf(conflict, group),
  };
}

/** A lock that is there already is taken; only without one is there a choice. */
function adviceOf({ kind, guard, flagged, others }: Conflict, group: MapGroup): Advice {
  if (kind === "read-lock") {
    const held = flagged.access.locks.find((lock) => lock.by === "mutex" && lock.mode === "read") ?? guard;
    return held ? adviseWriteLock(held) : adviseOn(group);
  }
  if (kind !== "inconsistent") return adviseOn(group);
  const locks = [...others, flagged].flatMap((side) => side.access.locks);
  const taken = guard ?? locks.find((lock) => lock.by === "mutex");
  return taken ? adviseGuard(taken) : adviseOn(group);
}
