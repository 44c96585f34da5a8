/**
 * What the timeline draws, still in milliseconds: lanes, marks, lines between them. Decides which goroutines
 * and events belong in the picture of one conflict or of the whole run; layout.ts gives them pixels.
 */
import type { AccessKind, Conflict, ConflictAccess, Frame, GoroutineEvent } from "../src/protocol.ts";
import { shortName, shortPlace, topUserFrame } from "./frames.ts";
import type { HeldLock } from "./locks.ts";
import {
  accessNoun,
  type ConflictEntry,
  goroutineInSentence,
  goroutineName,
  isWrite,
  type Run,
} from "./model.ts";
import { explainOrdering, withoutPlumbing } from "./ordering.ts";
import { type Sequence, sequenceOf } from "./sequence.ts";

/** What a mark stands for; accesses are told apart by what they do to the map. */
export type MarkKind =
  | "write"
  | "read"
  | "iterate"
  | "acquire"
  | "release"
  | "go"
  | "start"
  | "end"
  | "touch";

/** Something at one moment of one goroutine. */
export interface Mark {
  readonly lane: number;
  /** The recorded time, and where it is drawn (see sequence.ts). */
  readonly when: number;
  readonly at: number;
  readonly kind: MarkKind;
  readonly label: string;
  /** The letter on an access's mark; "" for events, which have shapes. */
  readonly letter: string;
  readonly frame: Frame | undefined;
  /** The conflict that this mark is one side of. */
  readonly conflict: number | undefined;
}

/** One goroutine. */
export interface Lane {
  readonly goroutine: number;
  readonly name: string;
  /** Where it was created: "created in startWorkers · main.go:24". */
  readonly origin: string;
  readonly createdAt: Frame | undefined;
}

/** A stretch of a lane: a lock held, or the part of it in which no order could be made. */
export interface Span {
  readonly lane: number;
  readonly kind: "lock" | "read-lock" | "unordered";
  readonly from: number;
  /** Undefined when its end was not seen. */
  readonly to: number | undefined;
  readonly label: string;
}

/** A line from one lane's moment to another's. */
export interface Link {
  readonly kind: "conflict" | "order";
  readonly fromLane: number;
  readonly fromAt: number;
  readonly toLane: number;
  readonly toAt: number;
  readonly conflict: number | undefined;
  readonly label: string;
}

export interface Diagram {
  readonly lanes: readonly Lane[];
  readonly marks: readonly Mark[];
  readonly spans: readonly Span[];
  readonly links: readonly Link[];
  /** What had to be left out, in a sentence; "" when nothing was. */
  readonly omitted: string;
}

/** More lanes than this cannot be told apart on a screen. */
export const laneLimit = 64;
/** More conflict lines than this are a grey block, and slow to draw. */
export const linkLimit = 1500;

/** One conflict: two lanes, what their goroutines did around it, and every order between them. */
export function conflictDiagram(conflict: Conflict): Diagram {
  const told = withoutPlumbing(conflict);
  const [earlier, later] = told.accesses;
  const ordering = explainOrdering(conflict);
  const sequence = sequenceOf(told);
  const [earlierAt, laterAt] = sequence.accesses;
  // The later access on top, as in the report: "Write at …" first, "Previous read at …" below.
  const laneOf = (side: 0 | 1) => (side === 1 ? 0 : 1);
  const lanes = [laneFor(later), laneFor(earlier)];
  const marks = [
    ...eventMarks(later, 0, sequence),
    accessMark(later, laterAt, 0, conflict.id),
    ...eventMarks(earlier, 1, sequence),
    accessMark(earlier, earlierAt, 1, conflict.id),
  ];
  const between = { kind: "unordered", from: earlierAt, to: laterAt } as const;
  const spans: Span[] = [
    ...ordering.locks[0].map((lock) => lockSpan(lock, laneOf(0), sequence)),
    ...ordering.locks[1].map((lock) => lockSpan(lock, laneOf(1), sequence)),
    { ...between, lane: laneOf(0), label: `does not reach ${goroutineInSentence(later)}` },
    { ...between, lane: laneOf(1), label: `takes nothing from ${goroutineInSentence(earlier)}` },
  ];
  const links: Link[] = ordering.edges.map((edge) => ({
    kind: "order",
    fromLane: laneOf(edge.fromSide),
    fromAt: sequence.at(edge.from),
    toLane: laneOf(edge.toSide),
    toAt: sequence.at(edge.to),
    conflict: undefined,
    label: `${edge.from.what} comes before ${edge.to.what}`,
  }));
  links.push(conflictLink(conflict.id, { lane: 1, at: earlierAt }, { lane: 0, at: laterAt }));
  return { lanes, marks, spans, links, omitted: "" };
}

/** Every goroutine that is a side of a shown conflict, and every conflict between them. */
export function runDiagram(run: Run, shown: readonly ConflictEntry[]): Diagram {
  const lanes: Lane[] = [];
  const laneOf = new Map<number, number>();
  const marks: Mark[] = [];
  const links: Link[] = [];
  for (const { conflict } of shown) {
    if (links.length >= linkLimit) break;
    const [earlier, later] = conflict.accesses;
    const missing = conflict.accesses.filter((access) => !laneOf.has(access.goroutine.id));
    if (lanes.length + new Set(missing.map((access) => access.goroutine.id)).size > laneLimit) continue;
    for (const access of missing) {
      if (laneOf.has(access.goroutine.id)) continue;
      laneOf.set(access.goroutine.id, lanes.length);
      lanes.push(laneFor(access));
    }
    const from = laneOf.get(earlier.goroutine.id)!;
    const to = laneOf.get(later.goroutine.id)!;
    marks.push(
      accessMark(earlier, earlier.when, from, conflict.id),
      accessMark(later, later.when, to, conflict.id),
    );
    links.push(conflictLink(conflict.id, { lane: from, at: earlier.when }, { lane: to, at: later.when }));
  }
  const omitted =
    links.length < shown.length
      ? `${links.length} of ${shown.length} conflicts are drawn, on ${lanes.length} goroutines; filter the list to see others.`
      : "";
  return { lanes, marks, spans: [], links, omitted: run.conflicts.length === 0 ? "" : omitted };
}

function laneFor(access: ConflictAccess): Lane {
  const createdAt = topUserFrame(access.goroutine.created);
  return {
    goroutine: access.goroutine.id,
    name: goroutineName(access),
    origin: createdAt
      ? `by ${shortName(createdAt.function)} · ${shortPlace(createdAt)}`
      : originWithoutStack(access),
    createdAt,
  };
}

function originWithoutStack(access: ConflictAccess): string {
  return access.goroutine.id === 1 ? "runs main.main" : "creation not recorded";
}

function accessMark(access: ConflictAccess, at: number, lane: number, conflict: number): Mark {
  const frame = topUserFrame(access.stack);
  const where = frame ? ` · ${shortName(frame.function)}` : "";
  return {
    lane,
    when: access.when,
    at,
    kind: markKind(access.kind),
    label: `${accessNoun(access.kind).toLowerCase()}${where}`,
    letter: accessLetter(access.kind),
    frame,
    conflict,
  };
}

/** The letter on the mark of an access. */
export function accessLetter(kind: AccessKind): string {
  return kind === "assign" ? "=" : kind.charAt(0).toUpperCase();
}

/** The mark of an access kind. */
export function markKind(kind: AccessKind): "write" | "read" | "iterate" {
  if (isWrite(kind)) return "write";
  return kind === "iterate" ? "iterate" : "read";
}

/** The recent events of one side; the conflicting access itself, when it is among them, is drawn already. */
function eventMarks(access: ConflictAccess, lane: number, sequence: Sequence): Mark[] {
  return access.recent
    .filter((event) => !(event.kind === "access" && event.when === access.when))
    .map((event) => ({
      lane,
      when: event.when,
      at: sequence.at(event),
      kind: eventMark(event),
      label: event.what,
      letter: "",
      frame: event.frame,
      conflict: undefined,
    }));
}

function eventMark(event: GoroutineEvent): MarkKind {
  return event.kind === "access" ? "touch" : event.kind;
}

function lockSpan(lock: HeldLock, lane: number, sequence: Sequence): Span {
  return {
    lane,
    kind: lock.readMode ? "read-lock" : "lock",
    from: sequence.at(lock.acquired),
    to: lock.released && sequence.at(lock.released),
    label: lock.readMode ? `holds ${lock.name} (read)` : `holds ${lock.name}`,
  };
}

function conflictLink(conflict: number, earlier: Point, later: Point): Link {
  return {
    kind: "conflict",
    fromLane: earlier.lane,
    fromAt: earlier.at,
    toLane: later.lane,
    toAt: later.at,
    conflict,
    label: "nothing orders these",
  };
}

interface Point {
  readonly lane: number;
  readonly at: number;
}

/** Every moment that the diagram draws, for its time scale. */
export function momentsOf(diagram: Diagram): number[] {
  return diagram.marks.map((mark) => mark.at);
}
