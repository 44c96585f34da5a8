/**
 * Reads how a Go program died out of what it wrote to stderr: a panic, a fatal error, and the goroutines
 * dumped with it; live (a run) or from a pasted log (`maprace open`). A fatal error about a map is turned
 * into a Conflict; the dump often tells one side only, and then the other stays empty.
 */
import type { AccessKind, Conflict, ConflictAccess, Frame } from "../../protocol.ts";
import { parseFrame, withoutRuntimeFrames } from "./goStack.ts";
import { UNKNOWN_MAP_TYPE } from "./raceReport.ts";

/** One goroutine of a dump. */
export interface DumpedGoroutine {
  readonly id: number;
  /** "running", "chan receive, 2 minutes". */
  readonly state: string;
  readonly stack: readonly Frame[];
  /** The `go` statement that made it; empty for the main goroutine. */
  readonly created: readonly Frame[];
}

/** A program's death, as its stderr tells it. */
export interface Crash {
  /** "panic: assignment to entry in nil map", "fatal error: concurrent map writes". */
  readonly death: string;
  /** The goroutine that died first, then the others that were dumped. */
  readonly goroutines: readonly DumpedGoroutine[];
}

/** Finds the death of a program in its stderr, chunk by chunk. */
export interface CrashReader {
  /** Takes the next piece of stderr, as text. */
  feed(text: string): void;
  /** The last crash seen; undefined when there was none. */
  crash(): Crash | undefined;
}

const DEATH = /^(?:\s*)(panic: |fatal error: |SIGQUIT: quit|SIGABRT: abort)(.*)$/;
const GOROUTINE = /^goroutine (\d+)(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[([^\]]*)\]:$/;
/** A dump of a hundred thousand goroutines is not kept: the ones that matter come first. */
const KEPT_GOROUTINES = 200;
const KEPT_LINE = 4096;

/** Makes a reader that has seen nothing. */
export function createCrashReader(): CrashReader {
  let partial = "";
  let candidate: string | undefined;
  let found: { death: string; goroutines: { head: RegExpExecArray; lines: string[] }[] } | undefined;

  const line = (raw: string): void => {
    const text = raw.trimEnd();
    const death = DEATH.exec(text);
    if (death) {
      // A panic during a panic is printed as an indented chain; its last link is what the process died of.
      candidate = (death[1]! + death[2]!).replace(/ \[recovered(?:, repanicked)?\]$/, "").trim();
      return;
    }
    const head = GOROUTINE.exec(text);
    if (head) {
      // Only a stack dump proves that the words before it were the runtime's and not the program's own.
      if (candidate !== undefined) {
        found = { death: candidate, goroutines: [] };
        candidate = undefined;
      }
      if (found && found.goroutines.length < KEPT_GOROUTINES) found.goroutines.push({ head, lines: [] });
      return;
    }
    if (text !== "") found?.goroutines.at(-1)?.lines.push(text.slice(0, KEPT_LINE));
  };

  return {
    feed(text) {
      const lines = (partial + text).split("\n");
      partial = (lines.pop() ?? "").slice(0, KEPT_LINE);
      for (const complete of lines) line(complete);
    },
    crash() {
      if (partial !== "") {
        line(partial);
        partial = "";
      }
      return found && { death: found.death, goroutines: found.goroutines.map(toGoroutine) };
    },
  };
}

function toGoroutine({ head, lines }: { head: RegExpExecArray; lines: readonly string[] }): DumpedGoroutine {
  const stack: Frame[] = [];
  const created: Frame[] = [];
  for (let i = 0; i + 1 < lines.length; i++) {
    const frame = parseFrame(lines[i]!, lines[i + 1]!);
    if (!frame) continue;
    (lines[i]!.startsWith("created by ") ? created : stack).push(frame);
    i++;
  }
  return { id: Number(head[1]), state: head[2]!, stack, created };
}

/** What the dying goroutine did and what the other one must have done, by the runtime's own words. */
const MAP_DEATHS: readonly (readonly [string, AccessKind, AccessKind])[] = [
  ["concurrent map writes", "write", "write"],
  ["concurrent map read and map write", "read", "write"],
  ["concurrent map iteration and map write", "iterate", "write"],
  ["concurrent map clone and map write", "iterate", "write"],
];

/**
 * The Conflict that a crash tells of, or undefined when the program did not die of a concurrent map access.
 * The dying goroutine is the later access. The earlier one is the dumped goroutine that is inside a map
 * operation, where there is one; otherwise its stack is empty and its goroutine's id 0.
 */
export function conflictOfCrash(crash: Crash, id: number): Conflict | undefined {
  const what = MAP_DEATHS.find(([words]) => crash.death === `fatal error: ${words}`);
  const dying = crash.goroutines[0];
  if (!what || !dying) return undefined;
  const other = crash.goroutines.slice(1).find(({ stack }) => withoutRuntimeFrames(stack).kind !== undefined);
  const side = (goroutine: DumpedGoroutine | undefined, kind: AccessKind): ConflictAccess => ({
    kind,
    goroutine: { id: goroutine?.id ?? 0, created: goroutine?.created ?? [] },
    stack: goroutine ? withoutRuntimeFrames(goroutine.stack).stack : [],
    when: 0,
    recent: [],
  });
  return {
    type: "conflict",
    id,
    map: { type: UNKNOWN_MAP_TYPE, created: [] },
    accesses: [side(other, what[2]), side(dying, what[1])],
    count: 1,
  };
}
