/**
 * Reads the reports of Go's own race detector, live or out of a pasted log, into Conflicts. `-race` knows
 * addresses, not maps: a report whose stacks pass through the runtime's map functions is a conflict on a map;
 * of the others it does not say what they are on, and neither do we.
 */
import type { AccessKind, Conflict, ConflictAccess, Frame } from "../../protocol.ts";
import { parseFrame, withoutRuntimeFrames } from "./goStack.ts";

const RULE = /^=+$/;
const TITLE = "WARNING: DATA RACE";
const ACCESS =
  /^(Previous )?(?:atomic )?(read|write|racy use|racy read|racy write|access)\b.* (?:at|of) .*?by (?:(main) goroutine|goroutine (\d+))(?: .*)?:$/i;
const CREATION = /^Goroutine (\d+) \(.*\) created at:$/;

/** What `map.type` says where the report does not tell the type. */
export const UNKNOWN_MAP_TYPE = "map";
/** What `map.type` says where the report does not tell whether the memory belongs to a map. */
export const UNKNOWN_MEMORY = "memory that -race cannot name";

/** Takes a log line by line, as it comes. */
export interface RaceReportReader {
  /**
   * Takes one line without its newline.
   * @returns the Conflict that this line completes, `id` counting reports from 1; undefined otherwise.
   */
  line(text: string): Conflict | undefined;
  /** The report that the log broke off in, if both its stacks are there. */
  rest(): Conflict | undefined;
}

interface Block {
  readonly header: string;
  readonly lines: string[];
}

/** Makes a reader that has seen nothing. */
export function createRaceReportReader(): RaceReportReader {
  let blocks: Block[] | undefined;
  let reports = 0;

  const complete = (): Conflict | undefined => {
    const conflict = blocks && toConflict(blocks, reports + 1);
    blocks = undefined;
    if (conflict) reports++;
    return conflict;
  };

  return {
    line(raw) {
      const text = raw.trimEnd();
      if (text.trim() === TITLE) {
        const unfinished = complete();
        blocks = [];
        return unfinished;
      }
      if (!blocks) return undefined;
      if (RULE.test(text)) return complete();
      if (/^\S/.test(text)) blocks.push({ header: text, lines: [] });
      else if (text !== "") blocks.at(-1)?.lines.push(text);
      return undefined;
    },
    rest: complete,
  };
}

/** Every Conflict of a log, one per pair of stacks' places as `-race` reports them. */
export function parseRaceLog(log: string): Conflict[] {
  const reader = createRaceReportReader();
  const conflicts: Conflict[] = [];
  for (const line of log.split("\n")) {
    const conflict = reader.line(line);
    if (conflict) conflicts.push(conflict);
  }
  const last = reader.rest();
  if (last) conflicts.push(last);
  return conflicts;
}

function toConflict(blocks: readonly Block[], id: number): Conflict | undefined {
  const sides: {
    access: Omit<ConflictAccess, "goroutine">;
    goroutine: number;
    onMap: boolean;
    earlier: boolean;
  }[] = [];
  const created = new Map<number, readonly Frame[]>();
  for (const block of blocks) {
    const stack = frames(block.lines);
    const creation = CREATION.exec(block.header);
    if (creation) {
      created.set(Number(creation[1]), stack);
      continue;
    }
    const header = ACCESS.exec(block.header);
    if (!header) continue;
    const inner = withoutRuntimeFrames(stack);
    sides.push({
      access: {
        kind: inner.kind ?? plainKind(header[2]!),
        stack: inner.stack,
        when: 0,
        recent: [],
      },
      // The main goroutine is printed by name; the runtime numbers it 1.
      goroutine: header[3] ? 1 : Number(header[4]),
      onMap: inner.kind !== undefined,
      earlier: header[1] !== undefined,
    });
  }
  const later = sides.find((side) => !side.earlier);
  const earlier = sides.find((side) => side.earlier);
  if (!later || !earlier) return undefined;
  const access = (side: (typeof sides)[number]): ConflictAccess => ({
    ...side.access,
    goroutine: { id: side.goroutine, created: created.get(side.goroutine) ?? [] },
  });
  return {
    type: "conflict",
    id,
    map: { type: later.onMap || earlier.onMap ? UNKNOWN_MAP_TYPE : UNKNOWN_MEMORY, created: [] },
    accesses: [access(earlier), access(later)],
    count: 1,
  };
}

function plainKind(word: string): AccessKind {
  return /write|use|access/i.test(word) ? "write" : "read";
}

/** The frames among the indented lines; "[failed to restore the stack]" gives none. */
function frames(lines: readonly string[]): Frame[] {
  const found: Frame[] = [];
  for (let i = 0; i + 1 < lines.length; i++) {
    const frame = parseFrame(lines[i]!, lines[i + 1]!);
    if (frame) {
      found.push(frame);
      i++;
    }
  }
  return found;
}
