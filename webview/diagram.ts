/**
 * What the timeline draws, still in milliseconds: lanes, marks, lines between them. Decides which goroutines
 * and events belong in the picture of one conflict or of the whole run; layout.ts gives them pixels.
 */
import type { AccessKind, Conflict, ConflictAccess, Frame, GoroutineEvent } from "../src/protocol.ts";
import { shortName, shortPlace, topUserFrame } from "./frames.ts";
import { accessNoun, type ConflictEntry, goroutineName, isWrite, type Run } from "./model.ts";
import { explainOrdering, type HeldLock } from "./ordering.ts";

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
  readonly when: number;
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
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly label: string;
}

/** A line from one lane's moment to another's. */
export interface Link {
  readonly kind: "conflict" | "order";
  readonly fromLane: number;
  readonly fromWhen: number;
  readonly toLane: number;
  readonly toWhen: number;
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

/** One conflict: two lanes (one, when a goroutine's two stacks are all there is), their events, and every order. */
export function conflictDiagram(conflict: Conflict): Diagram {
  const [earlier, later] = conflict.accesses;
  const ordering = explainOrdering(conflict);
  // The later access on top, as in the report: "Write at …" first, "Previous read at …" below.
  const laneOf = (side: 0 | 1) => (side === 1 ? 0 : 1);
  const lanes = [laneFor(later), laneFor(earlier)];
  const marks = [
    ...eventMarks(later, 0),
    accessMark(later, 0, conflict.id),
    ...eventMarks(earlier, 1),
    accessMark(earlier, 1, conflict.id),
  ];
  const spans: Span[] = [
    ...ordering.locks[0].map((lock) => lockSpan(lock, laneOf(0))),
    ...ordering.locks[1].map((lock) => lockSpan(lock, laneOf(1))),
    { lane: laneOf(0), kind: "unordered", ...ordering.unreleased, label: "passes nothing on" },
    {
      lane: laneOf(1),
      kind: "unordered",
      ...ordering.untaken,
      label: `takes nothing from ${goroutineName(earlier)}`,
    },
  ];
  const links: Link[] = ordering.edges.map((edge) => ({
    kind: "order",
    fromLane: laneOf(edge.fromSide),
    fromWhen: edge.from.when,
    toLane: laneOf(edge.toSide),
    toWhen: edge.to.when,
    conflict: undefined,
    label: `${edge.from.what} comes before ${edge.to.what}`,
  }));
  links.push(conflictLink(conflict, 0, 1));
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
    marks.push(accessMark(earlier, from, conflict.id), accessMark(later, to, conflict.id));
    links.push(conflictLink(conflict, to, from));
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

function accessMark(access: ConflictAccess, lane: number, conflict: number): Mark {
  const frame = topUserFrame(access.stack);
  const where = frame ? ` · ${shortName(frame.function)}` : "";
  return {
    lane,
    when: access.when,
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
function eventMarks(access: ConflictAccess, lane: number): Mark[] {
  return access.recent
    .filter((event) => !(event.kind === "access" && event.when === access.when))
    .map((event) => ({
      lane,
      when: event.when,
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

function lockSpan(lock: HeldLock, lane: number): Span {
  return {
    lane,
    kind: lock.readMode ? "read-lock" : "lock",
    from: lock.from,
    to: lock.to,
    label: lock.readMode ? `holds ${lock.name} (read)` : `holds ${lock.name}`,
  };
}

function conflictLink(conflict: Conflict, laterLane: number, earlierLane: number): Link {
  const [earlier, later] = conflict.accesses;
  return {
    kind: "conflict",
    fromLane: earlierLane,
    fromWhen: earlier.when,
    toLane: laterLane,
    toWhen: later.when,
    conflict: conflict.id,
    label: "nothing orders these",
  };
}

/** Every moment that the diagram draws, for its time scale. */
export function momentsOf(diagram: Diagram): number[] {
  return diagram.marks.map((mark) => mark.when);
}
