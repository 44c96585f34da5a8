/**
 * Which Fix fits how a map is used, and why: counted from its reads, writes, iterations and counters in source.
 *
 * Whether the Fix can be made is for `fixes/`. A measured mix from a run, where there is one, is more to be
 * trusted than this count.
 */
import { under } from "../calls/typeShape.ts";
import type { Advice } from "../finding.ts";
import type { MapGroup } from "../rules/mapUses.ts";
import type { Type } from "../types/types.ts";

interface Mix {
  reads: number;
  writes: number;
  counters: number;
  iterations: number;
  replacements: number;
  clears: number;
}

/** What to do about a map that is used like this. */
export function adviseOn(group: MapGroup): Advice {
  const mix = mixOf(group);
  const element = elementType(group.owner.type(), group.depth);
  const others = mix.writes - mix.counters;
  if (mix.counters > 0 && others === 0 && element && isInteger(element)) {
    return {
      kind: "atomic",
      why: `every write counts (${mix.counters} of ${mix.writes}), so each key can hold an atomic counter`,
    };
  }
  if (mix.clears + mix.replacements > 0 && mix.iterations + mix.reads > mix.writes) {
    return {
      kind: "snapshot",
      why: "it is filled anew as a whole and read in between: readers can share a snapshot that is swapped",
    };
  }
  if (mix.iterations === 0 && mix.writes > 0 && mix.reads >= 4 * mix.writes) {
    return {
      kind: "sync-map",
      why: `${mix.reads} reads stand against ${mix.writes} writes and nothing iterates over it`,
    };
  }
  const iterated = mix.iterations > 0 ? ` and ${mix.iterations} iterations` : "";
  return {
    kind: "rwmutex",
    why: `${mix.reads} reads${iterated} and ${mix.writes} writes can share one read-write lock`,
  };
}

function mixOf(group: MapGroup): Mix {
  const mix: Mix = { reads: 0, writes: 0, counters: 0, iterations: 0, replacements: 0, clears: 0 };
  const seen = new Set<unknown>();
  for (const { access } of group.uses) {
    if (seen.has(access.node)) continue;
    seen.add(access.node);
    if (access.kind === "assign") mix.replacements++;
    else if (access.kind === "clear") mix.clears++;
    else if (access.content === "write") mix.writes++;
    else if (access.kind === "iterate") mix.iterations++;
    else mix.reads++;
    if (access.counter && access.content === "write") mix.counters++;
  }
  return mix;
}

function elementType(t: Type, depth: number): Type | null {
  let type = under(t);
  for (let i = 0; i <= depth; i++) {
    if (type.kind === "map") type = under(type.elem);
    else if (type.kind === "slice" || type.kind === "array") type = under(type.elem);
    else return null;
  }
  return type;
}

function isInteger(t: Type): boolean {
  const u = under(t);
  return u.kind === "basic" && /^u?int(8|16|32|64)?$/.test(u.name);
}
