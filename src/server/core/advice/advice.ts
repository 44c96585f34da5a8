/**
 * Which Fix fits how a map is used, and why: counted from its reads, writes, iterations and counters in source.
 *
 * Whether a Fix can be made is for `fixes/`; what to advise where it cannot is decided here. A measured mix from a run, where there is one, is more to be
 * trusted than this count.
 */

import type { Held } from "../accesses/events.ts";
import { under } from "../calls/typeShape.ts";
import type { Advice, FixKind } from "../finding.ts";
import type { UsedMap } from "../rules/mapUses.ts";
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
export function adviseOn(group: UsedMap): Advice {
  const mix = mixOf(group);
  const element = elementType(group.owner.type(), group.depth);
  const others = mix.writes - mix.counters + mix.replacements + mix.clears;
  if (mix.counters > 0 && others === 0 && mix.iterations === 0 && element && isInteger(element)) {
    return {
      kind: "atomic",
      why:
        mix.counters === 1
          ? "its only write counts, so each key can hold an atomic counter"
          : `all ${mix.counters} writes count, so each key can hold an atomic counter`,
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
      why: `${counted(mix.reads, "read")} ${mix.reads === 1 ? "stands" : "stand"} against ${counted(mix.writes, "write")} and nothing iterates over it`,
    };
  }
  const why =
    mix.reads + mix.iterations > 0
      ? "can share one read-write lock"
      : "and nothing else: one lock lets one goroutine in at a time";
  return { kind: "rwmutex", why: `${allOf(mix)} ${why}` };
}

/** What to do about a map that has a lock already, which is not taken where the Finding is. */
export function adviseGuard(lock: Held): Advice {
  return { kind: "rwmutex", why: `take ${lock.text}, which guards it elsewhere` };
}

/** What to do about a map that is written while its lock is held for reading. */
export function adviseWriteLock(lock: Held): Advice {
  return { kind: "rwmutex", why: `take ${lock.text} for writing, as only readers may share a read lock` };
}

/** Fixes by how much they ask of the code around the map, the least first: what is advised where the best cannot be made. */
const PREFERENCE: readonly FixKind[] = ["rwmutex", "sync-map", "snapshot", "atomic", "sharded", "channel"];

/**
 * The advice where only some Fixes can be made: another one than what fits best, with the reason, and the same
 * where none can, for whoever makes it by hand. `refusal` says why the best cannot be made.
 */
export function adviceAmong(advice: Advice, fixes: readonly FixKind[], refusal: () => string): Advice {
  const kind = PREFERENCE.find((one) => fixes.includes(one));
  if (kind === undefined || fixes.includes(advice.kind)) return advice;
  return {
    kind,
    why: `${advice.kind} would fit best (${advice.why}) but cannot be made by itself: ${refusal().replace(/\.$/, "")}`,
  };
}

/** "4 reads, 1 iteration and 2 writes": what is not there is not named. */
function allOf(mix: Mix): string {
  const parts = [
    counted(mix.reads, "read"),
    counted(mix.iterations, "iteration"),
    counted(mix.writes, "write"),
    counted(mix.replacements, "replacement"),
    counted(mix.clears, "clearing"),
  ].filter((part) => !part.startsWith("0 "));
  const last = parts.pop() ?? "all uses";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function mixOf(group: UsedMap): Mix {
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
