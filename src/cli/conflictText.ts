/**
 * Writes a Conflict the way a Go developer knows from `-race`: both accesses, where both goroutines were
 * made, where the map was made, and what each goroutine did just before. Decides words and colours only.
 */
import type {
  AccessKind,
  Conflict,
  ConflictAccess,
  Frame,
  GoroutineEvent,
  MapMix,
  RunEnd,
} from "../protocol.ts";

/** Puts colour on a piece of text, or does not. */
export type Paint = (style: "title" | "access" | "place" | "faint", text: string) => string;

const CODES = { title: "1;31", access: "1", place: "36", faint: "2" } as const;

/** For terminals. */
export const inColour: Paint = (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m`;
/** For everything that is no terminal. */
export const plain: Paint = (_style, text) => text;

/** How many of the last events of a goroutine the text shows; the timeline shows all. */
const SHOWN_EVENTS = 6;
const RULE = "=".repeat(18);

const VERB: Record<AccessKind, string> = {
  read: "Read",
  write: "Write",
  iterate: "Iteration",
  len: "len",
  delete: "Delete",
  clear: "Clear",
  assign: "Assignment",
};

/** The whole report of one Conflict, ending with a newline. */
export function conflictText(conflict: Conflict, paint: Paint): string {
  const [earlier, later] = conflict.accesses;
  const lines = [
    RULE,
    paint("title", `CONFLICT ${conflict.id}: ${summary(conflict)}`),
    ...accessLines(later, "", paint),
    "",
    ...accessLines(earlier, "previous ", paint),
    "",
    ...creationLines(later, paint),
    ...(later.goroutine.id === earlier.goroutine.id ? [] : creationLines(earlier, paint)),
  ];
  if (conflict.map.created.length > 0)
    lines.push("The map was made at:", ...stackLines(conflict.map.created, paint), "");
  lines.push(...recentLines(conflict, paint), RULE);
  return `${lines.join("\n")}\n`;
}

/** One line on a Conflict: "write and previous read of map[string]int". */
export function summary(conflict: Conflict): string {
  const [earlier, later] = conflict.accesses;
  const times = conflict.count > 1 ? `, ${conflict.count} times` : "";
  return `${VERB[later.kind].toLowerCase()} and previous ${VERB[earlier.kind].toLowerCase()} of ${conflict.map.type}${times}`;
}

/** The last words on a run; empty when there is nothing to say. */
export function endText(
  end: RunEnd,
  conflicts: readonly Conflict[],
  maps: readonly MapMix[],
  paint: Paint,
): string {
  const lines: string[] = [];
  if (end.death !== undefined) lines.push(`The program died: ${end.death}.`);
  if (end.dropped > 0) {
    lines.push(
      `The detector had to drop ${count(end.dropped, "report")}: there may be more conflicts than are shown.`,
    );
  }
  if (end.truncated) {
    lines.push("The program ended before the detector could close its books: counts may be too small.");
  }
  if (conflicts.length > 0) {
    lines.push(paint("title", `Found ${count(conflicts.length, "conflict")}.`));
    for (const conflict of conflicts) {
      const [earlier, later] = conflict.accesses;
      const times = conflict.count > 1 ? ` (${conflict.count} times)` : "";
      lines.push(
        `  ${conflict.id}. ${shortAccess(later, paint)} and previous ${shortAccess(earlier, paint)} of ${conflict.map.type}${times}`,
        ...exploredLines(conflict),
      );
    }
  }
  const involved = new Set(conflicts.map((conflict) => conflict.map.id));
  for (const mix of maps) if (involved.has(mix.id)) lines.push(mixText(mix, paint));
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** What was counted for a map that has conflicts: the mix that decides which fix fits. */
function mixText(mix: MapMix, paint: Paint): string {
  const made = mix.map.created[0];
  const counts = [
    count(mix.reads, "read"),
    count(mix.writes, "write"),
    count(mix.iterations, "iteration"),
    count(mix.deletes, "delete"),
  ];
  const place = made ? ` made at ${paint("place", `${made.file}:${made.line}`)}` : "";
  return `${mix.map.type}${place}: ${counts.join(", ")} by ${count(mix.goroutines, "goroutine")}, about ${count(mix.keys, "key")}.`;
}

function shortAccess({ kind, stack }: ConflictAccess, paint: Paint): string {
  const top = stack[0];
  return `${VERB[kind].toLowerCase()}${top ? ` at ${paint("place", `${top.file}:${top.line}`)}` : ""}`;
}

/** How often exploring saw a Conflict, and how to see it again. */
function exploredLines({ explored }: Conflict): string[] {
  if (!explored) return [];
  const { runs, seen, seed, replays, seenAgain } = explored;
  const again = replays === 0 ? "" : `; seed ${seed} showed it again in ${seenAgain} of ${replays}`;
  const hint = seen < runs ? ` (to see it again: --explore 5 --seed ${seed})` : "";
  return [`     seen in ${seen} of ${runs} runs${again}${hint}`];
}

/** "1 conflict", "2 conflicts". */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function accessLines(access: ConflictAccess, previous: string, paint: Paint): string[] {
  const verb = previous === "" ? VERB[access.kind] : `Previous ${VERB[access.kind].toLowerCase()}`;
  const when = access.when > 0 ? paint("faint", ` (${access.when.toFixed(1)} ms after start)`) : "";
  const key = access.key === undefined ? "" : ` of key ${access.key}`;
  return [
    `${paint("access", `${verb}${key} by ${goroutine(access)}`)}${when}:`,
    ...(access.stack.length > 0 ? stackLines(access.stack, paint) : ["  [the other side is not known]"]),
  ];
}

function goroutine(access: ConflictAccess): string {
  const { id, created } = access.goroutine;
  if (id === 0) return "an unknown goroutine";
  return id === 1 && created.length === 0 ? "main goroutine" : `goroutine ${id}`;
}

function creationLines(access: ConflictAccess, paint: Paint): string[] {
  if (access.goroutine.created.length === 0) return [];
  return [
    `Goroutine ${access.goroutine.id} was created at:`,
    ...stackLines(access.goroutine.created, paint),
    "",
  ];
}

function stackLines(stack: readonly Frame[], paint: Paint): string[] {
  return stack.flatMap((frame) => [
    `  ${frame.function}()`,
    `      ${paint("place", `${frame.file}:${frame.line}`)}`,
  ]);
}

/** What each goroutine did last, and the objects that both touched: none means that nothing could order them. */
function recentLines(conflict: Conflict, paint: Paint): string[] {
  const [earlier, later] = conflict.accesses;
  if (earlier.recent.length + later.recent.length === 0) return [];
  // That the one started the other is told, but is nothing that both used.
  const objects = (events: readonly GoroutineEvent[]): Set<string> =>
    new Set(
      events.flatMap(({ kind, object }) =>
        object === undefined || kind === "go" || kind === "start" ? [] : [object],
      ),
    );
  const shared = [...objects(earlier.recent)].filter((object) => objects(later.recent).has(object));
  const lines: string[] = [];
  for (const access of [later, earlier]) {
    // Where it started is told with its stack.
    const known = access.recent.filter((event) => event.kind !== "start" && event.when <= access.when);
    if (known.length === 0) continue;
    lines.push(`Just before, ${goroutine(access)} did:`);
    const steps = known.map((event) => eventLine(event, paint));
    // A hand-over without a buffer goes both ways: that is one step to its reader.
    lines.push(...steps.filter((step, i) => step !== steps[i - 1]).slice(-SHOWN_EVENTS));
  }
  lines.push(
    shared.length === 0
      ? "Nothing orders the two: in these last events the goroutines share no lock and no channel."
      : `Both used ${shared.join(", ")}, but not so that one access comes before the other.`,
  );
  return lines;
}

function eventLine({ kind, what, object, frame }: GoroutineEvent, paint: Paint): string {
  const place = frame ? ` at ${paint("place", `${frame.file}:${frame.line}`)}` : "";
  return `  ${what}${object === undefined || kind === "go" ? "" : ` (${object})`}${place}`;
}
