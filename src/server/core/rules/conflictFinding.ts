/**
 * Makes the Finding of a conflict, for the rules that flag one. The rules give the sentence.
 */
import { groupKey } from "../accesses/path.ts";
import { adviseOn } from "../advice/advice.ts";
import type { Code, CoreFinding } from "../finding.ts";
import type { Conflict } from "./conflicts.ts";
import type { MapUses } from "./mapUses.ts";
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
    advice: adviseOn(group),
  };
}
