/**
 * A conflict as plain text in the shape that Go's race detector taught everybody to read, for issues and chats.
 */
import type { Conflict, ConflictAccess, Frame } from "../src/protocol.ts";
import { accessNoun, goroutineName, hasTimes } from "./model.ts";
import { explainOrdering } from "./ordering.ts";
import { formatTime } from "./scale.ts";

const rule = "==================";

/** The text of one conflict, the later access first, ending in a newline. */
export function conflictReport(conflict: Conflict): string {
  const [earlier, later] = conflict.accesses;
  const timed = hasTimes(conflict);
  const lines = [
    rule,
    `WARNING: unsynchronised access to ${conflict.map.type}${conflict.count > 1 ? ` (seen ${conflict.count} times)` : ""}`,
    `${accessTitle(later, timed, false)}:`,
    ...stackLines(later.stack),
    "",
    `${accessTitle(earlier, timed, true)}:`,
    ...stackLines(earlier.stack),
  ];
  if (conflict.map.created.length > 0) lines.push("", "Map made at:", ...stackLines(conflict.map.created));
  for (const access of [later, earlier]) {
    if (access.goroutine.created.length === 0) continue;
    lines.push("", `Goroutine ${access.goroutine.id} created at:`, ...stackLines(access.goroutine.created));
  }
  lines.push(
    "",
    "Why nothing orders them:",
    ...explainOrdering(conflict).sentences.map((text) => `  ${text}`),
    rule,
  );
  return `${lines.join("\n")}\n`;
}

/** "Write at 12.402 ms by goroutine 7" or "Previous read at 11.9 ms by goroutine 9". */
export function accessTitle(access: ConflictAccess, timed: boolean, previous: boolean): string {
  const noun = accessNoun(access.kind);
  const what = previous ? `Previous ${noun.toLowerCase()}` : noun;
  return `${what}${timed ? ` at ${formatTime(access.when)}` : ""} by ${goroutineName(access)}`;
}

function stackLines(stack: readonly Frame[]): string[] {
  if (stack.length === 0) return ["  (no stack recorded)"];
  return stack.flatMap((frame) => [`  ${frame.function}()`, `      ${frame.file}:${frame.line}`]);
}
