/**
 * Lines and columns of a text, as Go's tools count: both from 1, columns in bytes.
 */

/** A place in a text. */
export interface LineColumn {
  readonly line: number;
  /** In bytes of UTF-8. */
  readonly column: number;
  /** In UTF-16 code units, for formats that count so. */
  readonly column16: number;
}

/** Finds places in one text. */
export interface TextPlaces {
  at(offset: number): LineColumn;
  /** The text of a line without its line end; "" past the last. */
  line(number: number): string;
}

/** Indexes the lines of a text. Offsets are in UTF-16 code units. */
export function textPlaces(text: string): TextPlaces {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  return {
    at(offset) {
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
      const start = starts[low] ?? 0;
      return {
        line: low + 1,
        column: Buffer.byteLength(text.slice(start, offset)) + 1,
        column16: offset - start + 1,
      };
    },
    line(number) {
      const start = starts[number - 1];
      return start === undefined
        ? ""
        : text.slice(start, starts[number] ?? text.length).replace(/\r?\n$/, "");
    },
  };
}
