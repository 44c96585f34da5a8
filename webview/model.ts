/**
 * What is known of one run: the records folded into conflicts, maps, start and end, and the questions the
 * drawing asks of them (which conflicts, in which order, what state the run is in). Pure: every function
 * returns new values. Leaves geometry to layout.ts and reasons to ordering.ts.
 */
import type {
  AccessKind,
  Conflict,
  ConflictAccess,
  MapMix,
  RunEnd,
  RunRecord,
  RunStart,
} from "../src/protocol.ts";
import { ownerOf, place, shortName, shortPlace, shortType, topUserFrame } from "./frames.ts";

/** The two shapes of a race: both sides change the map, or one only looks at it. */
export type ConflictShape = "write/write" | "read/write" | "iterate/write";

/** A Conflict with what the list shows of it, computed once. */
export interface ConflictEntry {
  readonly conflict: Conflict;
  /** Position in order of arrival, from 0. */
  readonly arrival: number;
  readonly shape: ConflictShape;
  readonly mapType: string;
  /** Where the map was made, "store.go:14", or "" when unknown. */
  readonly madeAt: string;
  /** The functions of the two accesses, the earlier first. */
  readonly functions: readonly [string, string];
  /** True when both accesses have a frame of the user's own code. */
  readonly own: boolean;
  /** Milliseconds at which the pair was complete: the later access. */
  readonly when: number;
  /** Lower-case text that the search looks in. */
  readonly haystack: string;
}

/** Everything the timeline knows of one run. */
export interface Run {
  readonly title: string;
  readonly start: RunStart | null;
  readonly end: RunEnd | null;
  /** In order of arrival. */
  readonly conflicts: readonly ConflictEntry[];
  readonly positions: ReadonlyMap<number, number>;
  readonly maps: ReadonlyMap<string, MapMix>;
  readonly status: { readonly text: string; readonly running: boolean } | null;
}

export type ListOrder = "first" | "newest" | "count";

/** What the run is doing, as the header and the empty states tell it apart. */
export type RunPhase = "none" | "preparing" | "watching" | "ended" | "unproven";

export function emptyRun(title: string): Run {
  return {
    title,
    start: null,
    end: null,
    conflicts: [],
    positions: new Map(),
    maps: new Map(),
    status: null,
  };
}

/**
 * The run after these records. A second record of the same conflict raises its count and leaves its first
 * stacks in place: they are what the reader may be looking at.
 */
export function applyRecords(run: Run, records: readonly RunRecord[]): Run {
  let { start, end } = run;
  const conflicts = [...run.conflicts];
  const positions = new Map(run.positions);
  const maps = new Map(run.maps);
  for (const record of records) {
    switch (record.type) {
      case "start":
        // A restarted program tells its story from the beginning.
        start = record;
        end = null;
        conflicts.length = 0;
        positions.clear();
        maps.clear();
        break;
      case "end":
        end = record;
        break;
      case "map":
        maps.set(record.id, record);
        break;
      case "conflict": {
        const position = positions.get(record.id);
        if (position === undefined) {
          positions.set(record.id, conflicts.length);
          conflicts.push(describeConflict(record, conflicts.length));
        } else {
          const entry = conflicts[position]!;
          const { count, explored } = record;
          conflicts[position] = {
            ...entry,
            conflict: { ...entry.conflict, count, ...(explored && { explored }) },
          };
        }
        break;
      }
    }
  }
  return { ...run, start, end, conflicts, positions, maps };
}

function describeConflict(conflict: Conflict, arrival: number): ConflictEntry {
  const [earlier, later] = conflict.accesses;
  const tops = [topUserFrame(earlier.stack), topUserFrame(later.stack)] as const;
  const made = topUserFrame(conflict.map.created);
  const mapType = shortType(conflict.map.type);
  const functions = [
    tops[0] ? shortName(tops[0].function) : "?",
    tops[1] ? shortName(tops[1].function) : "?",
  ] as const;
  const haystack = [
    mapType,
    conflict.map.type,
    made ? `${place(made)} ${made.function}` : "",
    ...conflict.accesses.flatMap((access) => [
      accessVerb(access.kind),
      `goroutine ${access.goroutine.id}`,
      ...access.stack.map((frame) => `${frame.function} ${place(frame)}`),
    ]),
  ];
  return {
    conflict,
    arrival,
    shape: shapeOf(earlier.kind, later.kind),
    mapType,
    madeAt: made ? shortPlace(made) : "",
    functions,
    own: tops.every((frame) => frame !== undefined && ownerOf(frame) === "user"),
    when: later.when,
    haystack: haystack.join("\n").toLowerCase(),
  };
}

/** True for kinds that change the map or the variable that holds it. */
export function isWrite(kind: AccessKind): boolean {
  return kind === "write" || kind === "delete" || kind === "clear" || kind === "assign";
}

function shapeOf(one: AccessKind, other: AccessKind): ConflictShape {
  if (isWrite(one) && isWrite(other)) return "write/write";
  return one === "iterate" || other === "iterate" ? "iterate/write" : "read/write";
}

/** The kind as a sentence names it: "Write", "Iteration", "Length read". */
export function accessNoun(kind: AccessKind): string {
  switch (kind) {
    case "read":
      return "Read";
    case "write":
      return "Write";
    case "iterate":
      return "Iteration";
    case "len":
      return "Length read";
    case "delete":
      return "Delete";
    case "clear":
      return "Clear";
    case "assign":
      return "Map variable write";
  }
}

function accessVerb(kind: AccessKind): string {
  return kind === "iterate" ? "iterate range" : kind;
}

/** "goroutine 7", or "main goroutine" for the one that runs `main`. */
export function goroutineName(access: ConflictAccess): string {
  return access.goroutine.id === 1 ? "main goroutine" : `goroutine ${access.goroutine.id}`;
}

/** The same with the article that a sentence wants. */
export function goroutineInSentence(access: ConflictAccess): string {
  return access.goroutine.id === 1 ? "the main goroutine" : goroutineName(access);
}

/** The conflicts whose text contains every word of the filter, in the asked order. */
export function listConflicts(run: Run, filter: string, order: ListOrder): readonly ConflictEntry[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const kept =
    words.length === 0
      ? [...run.conflicts]
      : run.conflicts.filter((entry) => words.every((word) => entry.haystack.includes(word)));
  if (order === "newest") kept.reverse();
  if (order === "count") kept.sort((a, b) => b.conflict.count - a.conflict.count || a.arrival - b.arrival);
  return kept;
}

/** The entry of a conflict id, or undefined when no such conflict was recorded. */
export function conflictById(run: Run, id: number | null): ConflictEntry | undefined {
  const position = id === null ? undefined : run.positions.get(id);
  return position === undefined ? undefined : run.conflicts[position];
}

/** The conflict to show before the reader has chosen one: the first with the user's own code on both sides. */
export function firstToShow(run: Run): ConflictEntry | undefined {
  return run.conflicts.find((entry) => entry.own) ?? run.conflicts[0];
}

/** What the run is doing. `unproven`: it ended without the record that proves that the detector ran. */
export function phaseOf(run: Run): RunPhase {
  if (run.end) return run.start ? "ended" : "unproven";
  if (run.start) return run.status?.running === false ? "ended" : "watching";
  return run.status?.running ? "preparing" : "none";
}

/** False for records without a clock (a parsed `-race` log): every `when` is 0 there. */
export function hasTimes(conflict: Conflict): boolean {
  return conflict.accesses.some((access) => access.when > 0);
}

/** Milliseconds of the last thing known of the run. */
export function lastMoment(run: Run): number {
  return run.conflicts.reduce((latest, entry) => Math.max(latest, entry.when), 0);
}
