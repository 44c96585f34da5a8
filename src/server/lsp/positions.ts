/**
 * Protocol positions of offsets and back, in the encoding that client and server agreed on.
 *
 * Core counts UTF-16 code units from the start of the file; the protocol counts lines from 0 and columns in
 * UTF-8, UTF-16 or UTF-32 units. Lines end with `\n`, `\r\n` or `\r`.
 */
import type { Position, Range } from "vscode-languageserver";

export type PositionEncoding = "utf-8" | "utf-16" | "utf-32";

/** The first encoding of the client's list that we know; UTF-16, which everybody must know, without a list. */
export function chooseEncoding(offered: readonly string[] | undefined): PositionEncoding {
  const known: readonly string[] = ["utf-8", "utf-16", "utf-32"];
  return (offered?.find((name) => known.includes(name)) ?? "utf-16") as PositionEncoding;
}

/** Finds positions in one text. */
export interface TextPositions {
  at(offset: number): Position;
  range(pos: number, end: number): Range;
  /** The offset of a position; one past the end of a line is the line's end, as the protocol has it. */
  offset(position: Position): number;
}

/** Indexes the lines of a text. */
export function textPositions(text: string, encoding: PositionEncoding): TextPositions {
  const starts = [0];
  const lineEnd = /\r\n|\n|\r/g;
  while (lineEnd.exec(text) !== null) {
    starts.push(lineEnd.lastIndex);
  }

  function at(offset: number): Position {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return { line: low, character: units(text.slice(starts[low] ?? 0, offset), encoding) };
  }

  return {
    at,
    range: (pos, end) => ({ start: at(pos), end: at(end) }),
    offset({ line, character }) {
      const start = starts[line];
      if (start === undefined) {
        return text.length;
      }
      const content = text.slice(start, starts[line + 1] ?? text.length).replace(/[\r\n]+$/, "");
      return start + codeUnits(content, character, encoding);
    },
  };
}

function units(text: string, encoding: PositionEncoding): number {
  switch (encoding) {
    case "utf-8":
      return new TextEncoder().encode(text).length;
    case "utf-16":
      return text.length;
    case "utf-32":
      return [...text].length;
  }
}

/** How many UTF-16 code units the first `count` units of a line are. */
function codeUnits(line: string, count: number, encoding: PositionEncoding): number {
  if (encoding === "utf-16") {
    return Math.min(count, line.length);
  }
  let left = count;
  let length = 0;
  for (const character of line) {
    left -= units(character, encoding);
    if (left < 0) {
      break;
    }
    length += character.length;
  }
  return length;
}
