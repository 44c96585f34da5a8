/**
 * A conflict as plain text in the shape that Go's race detector taught everybody to read, for issues and chats.
 */
import type { Conflict, Frame } from "../src/protocol.ts";
import { accessNoun, goroutineName, hasTimes } from "./model.ts";
import { explainOrdering } from "./ordering.ts";
import { formatTime, smallestGap } from "./scale.ts";

const rule = "==================";

/** The text of one conflict, the later access first, ending in a newline. */
export function conflictReport(conflict: Conflict): string {
  const [earlier, later] = conflict.accesses;
  const lines = [
    rule,
    `WARNING: unsynchronised access to ${conflict.map.type}${conflict.count > 1 ? ` (seen ${conflict.count} times)` : ""}`,
    `${accessTitle(conflict, 1)}:`,
    ...stackLines(later.stack),
    "",
    `${accessTitle(conflict, 0)}:`,
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

/** "Write at 12.402 ms by goroutine 7" for side 1, "Previous read at 11.9 ms by goroutine 9" for side 0, the earlier. */
export function accessTitle(conflict: Conflict, side: 0 | 1): string {
  const access = conflict.accesses[side];
  const noun = accessNoun(access.kind);
  const what = side === 0 ? `Previous ${noun.toLowerCase()}` : noun;
  const apart = smallestGap(conflict.accesses.map(({ when }) => when));
  const moment = hasTimes(conflict) ? ` at ${formatTime(access.when, apart)}` : "";
  return `${what}${moment} by ${goroutineName(access)}`;
}

function stackLines(stack: readonly Frame[]): string[] {
  if (stack.length === 0) return ["  (no stack recorded)"];
  return stack.flatMap((frame) => [`  ${frame.function}()`, `      ${frame.file}:${frame.line}`]);
}
