/**
 * The edits of a file as a unified diff, which `patch` and `git apply` take.
 */
import type { FileEdit } from "../server/core/core.ts";

/** Unchanged lines that a hunk shows around its changes. */
const CONTEXT = 3;

interface Change {
  /** First line that is replaced, from 0, in the old text. */
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** A diff of one file under the name it is shown by. The edits replace whole lines, in order. */
export function unifiedDiff(shownPath: string, text: string, edits: FileEdit["edits"]): string {
  const lines = linesOf(text);
  const changes = edits.map((edit): Change => {
    const removed = linesOf(text.slice(edit.pos, edit.end));
    return { line: linesOf(text.slice(0, edit.pos)).length, removed, added: linesOf(edit.text) };
  });
  const out = [`--- a/${shownPath}\n`, `+++ b/${shownPath}\n`];
  let shift = 0;
  for (let i = 0; i < changes.length; ) {
    const hunk = [changes[i]!];
    for (i++; i < changes.length && changes[i]!.line - endOf(hunk.at(-1)!) <= 2 * CONTEXT; i++)
      hunk.push(changes[i]!);
    const from = Math.max(0, hunk[0]!.line - CONTEXT);
    const to = Math.min(lines.length, endOf(hunk.at(-1)!) + CONTEXT);
    const grown = hunk.reduce((n, c) => n + c.added.length - c.removed.length, 0);
    out.push(
      `@@ -${range(from, to - from)} +${range(from + shift, to - from + grown)} @@\n`,
      ...hunkLines(lines, hunk, from, to),
    );
    shift += grown;
  }
  return out.map((line) => (line.endsWith("\n") ? line : `${line}\n\\ No newline at end of file\n`)).join("");
}

function hunkLines(lines: readonly string[], hunk: readonly Change[], from: number, to: number): string[] {
  const out: string[] = [];
  let at = from;
  for (const change of hunk) {
    out.push(...lines.slice(at, change.line).map((l) => ` ${l}`));
    out.push(...change.removed.map((l) => `-${l}`), ...change.added.map((l) => `+${l}`));
    at = endOf(change);
  }
  return [...out, ...lines.slice(at, to).map((l) => ` ${l}`)];
}

function endOf(change: Change): number {
  return change.line + change.removed.length;
}

/** Diffs count lines from 1, but an empty range stands after the line before it. */
function range(from: number, count: number): string {
  return `${count === 0 ? from : from + 1},${count}`;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}
