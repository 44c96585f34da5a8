/**
 * Suppression by comment: `//maprace:ignore reason` on the line of an access or on the line above; one side of a
 * pair is enough. A reason is required, and a comment that suppresses nothing is flagged.
 */
import type { CoreFinding, FilePlace } from "../finding.ts";
import type { Comment, SourceFile } from "../syntax/ast.ts";
import type { Rule } from "./rule.ts";

const HELP = `\`//maprace:ignore reason\` on the line of an access, or on the line above, silences what is found there:
every pair that the access is one side of, so one comment is enough for both. It needs a reason, for whoever reads it next, and it has to silence something: one that does not is left over
from code that has changed.

**Wrong**
\`\`\`go
//maprace:ignore
cache[k] = v
\`\`\`

**Right**
\`\`\`go
//maprace:ignore only called by the loader, before the server starts
cache[k] = v
\`\`\``;

export const unusedIgnore: Pick<Rule, "code" | "title" | "help"> = {
  code: "unused-ignore",
  title: "A suppression without effect or reason",
  help: HELP,
};

const MARK = /^\/\/\s?maprace:ignore\b\s*(.*)$/;

/** The suppression comments of a program, and which of them have silenced something. */
export interface Ignores {
  /** True for a place that a comment with a reason stands at; the comment then counts as used. */
  silences(place: FilePlace): boolean;
  /** The Findings without the silenced ones. */
  apply(findings: readonly CoreFinding[]): readonly CoreFinding[];
  /** Comments that give no reason, or silenced nothing of all that was found. */
  complaints(): readonly CoreFinding[];
  /** True for files that have such comments. */
  isIn(file: SourceFile): boolean;
}

interface Mark {
  readonly file: SourceFile;
  readonly comment: Comment;
  readonly reason: string;
}

/** Reads the suppression comments of files. */
export function readIgnores(files: readonly SourceFile[]): Ignores {
  const marks = files.flatMap(marksIn);
  const byPath = new Map<string, Mark[]>();
  for (const mark of marks)
    if (mark.reason !== "") byPath.set(mark.file.path, [...(byPath.get(mark.file.path) ?? []), mark]);
  const used = new Set<Mark>();
  const silences = ({ path, pos }: FilePlace): boolean => {
    const here = (byPath.get(path) ?? []).filter(({ file, comment }) => covers(file, comment, pos));
    for (const mark of here) used.add(mark);
    return here.length > 0;
  };
  return {
    silences,
    isIn: (file) => marksIn(file).length > 0,
    apply: (findings) =>
      findings.filter((finding) => finding.accesses.slice(0, 2).filter(silences).length === 0),
    complaints: () =>
      marks.flatMap((mark) => {
        const { file, comment, reason } = mark;
        if (reason === "") return [complaint(file, comment, "a reason is missing after maprace:ignore")];
        return used.has(mark)
          ? []
          : [complaint(file, comment, "this maprace:ignore silences nothing: remove it")];
      }),
  };
}

const marksOf = new WeakMap<SourceFile, readonly Mark[]>();

function marksIn(file: SourceFile): readonly Mark[] {
  let marks = marksOf.get(file);
  if (!marks) {
    const comments = file.text.includes("maprace:ignore") ? file.comments : [];
    marks = comments.flatMap((comment) => {
      const reason = MARK.exec(comment.text)?.[1]?.trim();
      return reason === undefined ? [] : [{ file, comment, reason }];
    });
    marksOf.set(file, marks);
  }
  return marks;
}

function covers(file: SourceFile, comment: Comment, pos: number): boolean {
  const lineStart = file.text.lastIndexOf("\n", comment.pos) + 1;
  const lineEnd = endOfLine(file, comment.end);
  if (pos >= lineStart && pos <= lineEnd) return true;
  const alone = file.text.slice(lineStart, comment.pos).trim() === "";
  return alone && pos > lineEnd && pos <= endOfLine(file, lineEnd + 1);
}

function endOfLine(file: SourceFile, from: number): number {
  const at = file.text.indexOf("\n", from);
  return at < 0 ? file.text.length : at;
}

function complaint(file: SourceFile, comment: Comment, message: string): CoreFinding {
  const place = { path: file.path, pos: comment.pos, end: comment.end };
  return {
    code: "unused-ignore",
    message,
    severity: "hint",
    confidence: "possible",
    map: { ...place, name: "", type: "", variable: null, depth: 0 },
    accesses: [{ ...place, kind: "read", function: "", goroutine: "", locks: [], counter: false }],
    reasoning: "",
    advice: null,
  };
}
