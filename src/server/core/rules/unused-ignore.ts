/**
 * Suppression by comment: `//maprace:ignore reason` on the line of a flagged access or on the line above.
 * A reason is required, and a comment that suppresses nothing is flagged.
 */
import type { CoreFinding } from "../finding.ts";
import type { Comment, SourceFile } from "../syntax/ast.ts";
import type { Program } from "../types/types.ts";
import type { Rule } from "./rule.ts";

const HELP = `\`//maprace:ignore reason\` on the line of an access, or on the line above, silences what is found there.
It needs a reason, for whoever reads it next, and it has to silence something: one that does not is left over
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

/** The Findings without the suppressed ones; comments that suppress nothing or give no reason are added. */
export function applyIgnores(program: Program, findings: readonly CoreFinding[]): readonly CoreFinding[] {
  const suppressed = new Set<CoreFinding>();
  const complaints: CoreFinding[] = [];
  const byFile = new Map<string, CoreFinding[]>();
  for (const finding of findings) {
    const { path } = finding.accesses[0];
    byFile.set(path, [...(byFile.get(path) ?? []), finding]);
  }
  for (const pkg of program.packages) {
    for (const file of pkg.files) {
      if (!file.text.includes("maprace:ignore")) continue;
      for (const comment of file.comments) {
        const reason = MARK.exec(comment.text)?.[1]?.trim();
        if (reason === undefined) continue;
        const hit = (byFile.get(file.path) ?? []).filter((finding) => covers(file, comment, finding));
        if (reason !== "") for (const finding of hit) suppressed.add(finding);
        if (reason === "")
          complaints.push(complaint(file, comment, "a reason is missing after maprace:ignore"));
        else if (hit.length === 0) {
          complaints.push(complaint(file, comment, "this maprace:ignore silences nothing: remove it"));
        }
      }
    }
  }
  return [...findings.filter((finding) => !suppressed.has(finding)), ...complaints];
}

function covers(file: SourceFile, comment: Comment, finding: CoreFinding): boolean {
  const { pos } = finding.accesses[0];
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
