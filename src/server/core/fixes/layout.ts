/**
 * Columns as gofmt lays them out: fields, grouped specs, keys of literals and trailing comments that stand in
 * consecutive lines are aligned, so a line put between or taken out changes its neighbours.
 *
 * Works on lines, after all edits were made, and only on the runs that touch an edited line. The algorithm is
 * elastic tabstops (text/tabwriter): a column ends at the first line that has no such cell.
 */

type Context = "fields" | "specs" | "other";

interface Line {
  /** Without indentation, trailing comment and line end. */
  readonly code: string;
  readonly indent: string;
  /** The comment after the code, "" where there is none. */
  readonly comment: string;
  readonly context: Context;
  /** False for lines that begin or end within a raw string or a block comment. */
  readonly whole: boolean;
}

/** Aligns the runs of lines around the touched ones (indices from 0); other lines come back as they are. */
export function alignAround(text: string, touched: ReadonlySet<number>): string {
  if (touched.size === 0) return text;
  const source = text.split("\n");
  const lines = splitLines(text);
  const done = new Set<number>();
  for (const t of touched) {
    for (const i of [t - 1, t, t + 1]) {
      if (done.has(i) || rowOf(lines, i) === null) continue;
      let first = i;
      while (continues(lines, first - 1, first)) first--;
      let last = i;
      while (continues(lines, last, last + 1)) last++;
      const run = lines.slice(first, last + 1);
      const aligned = alignRows(run.map((_, k) => rowOf(lines, first + k)!));
      aligned.forEach((row, k) => {
        const cr = source[first + k]!.endsWith("\r") ? "\r" : "";
        source[first + k] = run[k]!.indent + row + cr;
        done.add(first + k);
      });
    }
  }
  return source.join("\n");
}

/** A line as cells, each but the last ended by a column; null where gofmt does not align it. */
function rowOf(lines: readonly Line[], at: number): string[] | null {
  const line = lines[at];
  if (line === undefined || !line.whole || line.code === "") return null;
  const withComment = (cells: string[]): string[] => (line.comment === "" ? cells : [...cells, line.comment]);
  if (line.context === "fields") {
    const tag = /^(.*\S)\s+(`[^`]*`|"(?:[^"\\]|\\.)*")$/.exec(line.code);
    const named = /^([\p{L}_][\p{L}\p{N}_]*(?:, *[\p{L}_][\p{L}\p{N}_]*)*)\s+(.+)$/u.exec(
      tag ? tag[1]! : line.code,
    );
    if (/[{(]$/.test(line.code)) return null;
    if (named) {
      const cells = [named[1]!, named[2]!];
      return tag ? withComment([...cells, "", tag[2]!]) : withComment(cells);
    }
    if (tag) return withComment([tag[1]!, tag[2]!]);
    return line.comment === "" ? null : [line.code, "", line.comment];
  }
  if (line.context === "specs") {
    const spec =
      /^([\p{L}_][\p{L}\p{N}_]*(?:, *[\p{L}_][\p{L}\p{N}_]*)*)(?:\s+([^=\s][^=]*?))?(?:\s+(=\s.*))?$/u.exec(
        line.code,
      );
    if (!spec || /[{(]$/.test(line.code)) return null;
    const cells = [spec[1]!];
    if (spec[2] !== undefined || keepsTypeColumn(lines, at)) cells.push(spec[2] ?? "");
    if (spec[3] !== undefined) cells.push(spec[3]);
    if (line.comment !== "") {
      while (cells.length < 3) cells.push("");
      cells.push(line.comment);
    }
    return cells;
  }
  const pair = /^("(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*'|[\p{L}\p{N}_.[\]]+):\s+(.*,)$/u.exec(line.code);
  if (pair && pair[1] !== "default" && !holdsTwo(pair[2]!)) return withComment([`${pair[1]}:`, pair[2]!]);
  return line.comment === "" || /^[)}\]]/.test(line.code) ? null : [line.code, line.comment];
}

/** True when a line of a literal goes on after its first element. */
function holdsTwo(value: string): boolean {
  const flat = value.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*'/g, "_");
  let depth = 0;
  for (let i = 0; i < flat.length - 1; i++) {
    if ("([{".includes(flat[i]!)) depth++;
    else if (")]}".includes(flat[i]!)) depth--;
    else if (flat[i] === "," && depth === 0) return true;
  }
  return false;
}

/** gofmt keeps a type column for specs with values when one of the run has a type. */
function keepsTypeColumn(lines: readonly Line[], at: number): boolean {
  const hasValue = (l: Line | undefined): boolean =>
    l?.context === "specs" && l.whole && /\s=\s/.test(l.code);
  if (!hasValue(lines[at])) return false;
  for (const step of [-1, 1]) {
    for (let i = at; hasValue(lines[i]); i += step) {
      if (/^[^=]*?[^=\s,]\s+[^=\s][^=]*\s=\s/.test(lines[i]!.code)) return true;
    }
  }
  return false;
}

/** True when two neighbouring lines stand in the same section of gofmt's output. */
function continues(lines: readonly Line[], above: number, below: number): boolean {
  const a = lines[above];
  const b = lines[below];
  if (a === undefined || b === undefined || rowOf(lines, above) === null || rowOf(lines, below) === null)
    return false;
  return a.indent === b.indent && a.context === b.context && !/[{(]$/.test(a.code);
}

/** Rows with their columns padded; a column is as wide as its widest cell in consecutive rows, and a blank. */
function alignRows(rows: readonly (readonly string[])[]): string[] {
  const widths: number[][] = rows.map(() => []);
  const column = (first: number, last: number, c: number): void => {
    for (let i = first; i < last; i++) {
      if (rows[i]!.length <= c + 1) continue;
      let end = i;
      let width = 0;
      for (; end < last && rows[end]!.length > c + 1; end++)
        width = Math.max(width, [...rows[end]![c]!].length);
      for (let k = i; k < end; k++) widths[k]![c] = width === 0 ? 0 : width + 1;
      column(i, end, c + 1);
      i = end - 1;
    }
  };
  column(0, rows.length, 0);
  return rows.map((row, i) =>
    row
      .map((cell, c) => (c === row.length - 1 ? cell : cell + " ".repeat(widths[i]![c]! - [...cell].length)))
      .join(""),
  );
}

/** The lines of a Go file, with comments, raw strings and the kind of bracket around each told apart. */
function splitLines(text: string): Line[] {
  const lines: Line[] = [];
  const open: Context[] = [];
  let lineStart = 0;
  let commentStart = -1;
  let whole = true;
  let lastWord = "";
  let contextHere: Context = "other";
  const endLine = (at: number, nextWhole: boolean): void => {
    let end = at;
    if (text[end - 1] === "\r") end--;
    const hasComment = commentStart >= lineStart;
    const code = text.slice(lineStart, hasComment ? commentStart : end);
    const indent = /^[\t ]*/.exec(code)![0];
    lines.push({
      code: code.slice(indent.length).trimEnd(),
      indent,
      comment: hasComment ? text.slice(commentStart, end) : "",
      context: contextHere,
      whole: whole && nextWhole,
    });
    lineStart = at + 1;
    commentStart = -1;
    whole = nextWhole;
    contextHere = open.at(-1) ?? "other";
  };
  for (let i = 0; i < text.length; i++) {
    const ch = text[i]!;
    if (ch === "\n") endLine(i, true);
    else if (ch === "/" && text[i + 1] === "/") {
      commentStart = i;
      i = (text.indexOf("\n", i) === -1 ? text.length : text.indexOf("\n", i)) - 1;
    } else if (ch === "/" && text[i + 1] === "*") {
      const end = text.indexOf("*/", i + 2);
      const stop = end === -1 ? text.length : end + 2;
      if (/^[\t ]*\r?(\n|$)/.test(text.slice(stop, stop + 200))) commentStart = i;
      for (; i < stop; i++) if (text[i] === "\n") endLine(i, false);
      i = stop - 1;
    } else if (ch === "`") {
      for (i++; i < text.length && text[i] !== "`"; i++) if (text[i] === "\n") endLine(i, false);
    } else if (ch === '"' || ch === "'") {
      for (i++; i < text.length && text[i] !== ch && text[i] !== "\n"; i++) if (text[i] === "\\") i++;
      if (text[i] === "\n") i--;
    } else if (ch === "{" || ch === "(" || ch === "[") {
      if (ch === "{" && lastWord === "struct") open.push("fields");
      else if (ch === "(" && (lastWord === "var" || lastWord === "const")) open.push("specs");
      else open.push("other");
      lastWord = "";
    } else if (ch === "}" || ch === ")" || ch === "]") {
      open.pop();
      lastWord = "";
    } else if (/[\p{L}_]/u.test(ch)) {
      let end = i + 1;
      while (end < text.length && /[\p{L}\p{N}_]/u.test(text[end]!)) end++;
      lastWord = text.slice(i, end);
      i = end - 1;
    } else if (!/\s/.test(ch)) lastWord = "";
  }
  endLine(text.length, true);
  return lines;
}
