/**
 * Reads stacks as Go prints them, in `-race` reports and in crash dumps, and knows which of their innermost
 * frames are the runtime's own map operations. Which reports there are is left to raceReport.ts and crashLog.ts.
 */
import type { AccessKind, Frame } from "../../protocol.ts";

/** A frame's second line: file, line number, and what follows (an offset, or nothing for inlined calls). */
const FILE_LINE = /^\s+(.+):(\d+)(?:\s+\+0x[0-9a-f]+)?(?:\s+fp=.*)?\s*$/;

/**
 * Reads one frame from its two lines.
 * @returns undefined when the lines are not a frame.
 */
export function parseFrame(functionLine: string, fileLine: string): Frame | undefined {
  const place = FILE_LINE.exec(fileLine);
  const name = functionName(functionLine);
  if (!place || name === "") return undefined;
  return { function: name, file: place[1]!.replaceAll("\\", "/"), line: Number(place[2]) };
}

/** The function's name without the printed arguments: `main.(*S).set(0xc0, {0x1, 0x2})` is `main.(*S).set`. */
function functionName(line: string): string {
  const text = line
    .trim()
    .replace(/^created by /, "")
    .replace(/ in goroutine \d+$/, "");
  if (!text.endsWith(")")) return text;
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ")") depth++;
    if (text[i] === "(" && --depth === 0) return text.slice(0, i);
  }
  return text;
}

/** What the runtime's map functions do, by the start of their name, longest first where one is part of another. */
const MAP_OPERATIONS: readonly (readonly [RegExp, AccessKind])[] = [
  [
    /^runtime\.mapassign|^internal\/runtime\/maps\.(?:\(\*Map\)\.)?(?:runtime_mapassign|Put)|^reflect\.mapassign/,
    "write",
  ],
  [
    /^runtime\.mapaccess|^internal\/runtime\/maps\.(?:\(\*Map\)\.)?(?:runtime_mapaccess|Get)|^reflect\.mapaccess/,
    "read",
  ],
  [
    /^runtime\.mapdelete|^internal\/runtime\/maps\.(?:\(\*Map\)\.)?(?:runtime_mapdelete|Delete)|^reflect\.mapdelete/,
    "delete",
  ],
  [
    /^runtime\.mapclear|^internal\/runtime\/maps\.(?:\(\*Map\)\.)?(?:runtime_mapclear|Clear)|^reflect\.mapclear/,
    "clear",
  ],
  [
    /^runtime\.mapiter|^runtime\.mapIter|^internal\/runtime\/maps\.\(\*Iter\)|^reflect\.(?:mapiter|mapIter)|^reflect\.\(\*MapIter\)/,
    "iterate",
  ],
  [
    /^maps\.clone|^internal\/runtime\/maps\.(?:\(\*Map\)\.)?(?:runtime_mapclone|Clone)|^runtime\.mapclone/,
    "iterate",
  ],
  [/^reflect\.maplen|^runtime\.maplen/, "len"],
];

/** A stack that begins where the user's program does: what the runtime did there is told by `kind`. */
export interface MapStack {
  readonly stack: readonly Frame[];
  /** What the runtime did to a map at the top of the stack; undefined when it did nothing to a map. */
  readonly kind: AccessKind | undefined;
}

/** Takes the runtime's own frames off the top of a stack, map operations and the way into a fatal error alike. */
export function withoutRuntimeFrames(stack: readonly Frame[]): MapStack {
  let kind: AccessKind | undefined;
  let first = 0;
  for (; first < stack.length; first++) {
    const name = stack[first]!.function;
    const operation = MAP_OPERATIONS.find(([pattern]) => pattern.test(name));
    if (operation) {
      kind = operation[1];
      continue;
    }
    if (
      !/^(?:runtime\.(?:fatal|throw|panic|mallocgc|memequal|memhash|strhash|goexit)|panic$|internal\/runtime\/maps\.|maps\.Clone)/.test(
        name,
      )
    )
      break;
  }
  // A stack of nothing but runtime frames is shown as it is rather than as nothing.
  return { stack: first === stack.length ? stack : stack.slice(first), kind };
}
