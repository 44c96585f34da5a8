/**
 * Makes the Finding of a conflict, for the rules that flag one. The rules give the sentence.
 */
import { adviseGuard, adviseOn, adviseWriteLock } from "../advice/advice.ts";
import type { Advice, Code, CoreFinding } from "../finding.ts";
import type { Conflict } from "./conflicts.ts";
import type { MapGroup, UsedMap } from "./mapUses.ts";
import { coreAccess, coreHandedOver, coreMap, reasoningOf } from "./wording.ts";

/** The Finding of a conflict on a map; null where the map is not declared in source. */
export function conflictFinding(
  conflict: Conflict,
  map: MapGroup,
  code: Code,
  message: string,
): CoreFinding | null {
  const { isHandedOver } = map;
  const declared = (isHandedOver ? coreHandedOver : coreMap)(
    conflict.owner,
    conflict.depth,
    conflict.flagged.access.type,
  );
  if (declared === null) return null;
  // A map that only one function knows is used where it was seen to race.
  const group: UsedMap = map.uses.length > 0 ? map : { ...map, uses: [conflict.flagged, ...conflict.others] };
  return {
    code,
    message,
    severity: conflict.confidence === "possible" ? "information" : "warning",
    confidence: conflict.confidence,
    map: declared,
    accesses: [coreAccess(conflict.flagged), ...conflict.others.map(coreAccess)],
    reasoning: reasoningOf(conflict.flagged, conflict.others[0], conflict.guard),
    advice: isHandedOver ? null : adviceOf(conflict, group),
  };
}

/** A lock that is there already is taken; only without one is there a choice. */
function adviceOf({ kind, guard, flagged, others }: Conflict, group: UsedMap): Advice {
  if (kind === "read-lock") {
    const held = flagged.access.locks.find((lock) => lock.by === "mutex" && lock.mode === "read") ?? guard;
    return held ? adviseWriteLock(held) : adviseOn(group);
  }
  if (kind !== "inconsistent") return adviseOn(group);
  const locks = [...others, flagged].flatMap((side) => side.access.locks);
  const taken = guard ?? locks.find((lock) => lock.by === "mutex");
  return taken ? adviseGuard(taken) : adviseOn(group);
}
