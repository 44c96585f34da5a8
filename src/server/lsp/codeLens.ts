/** "Run with Race Detection" over `main` and over tests, found in the text so that half-typed files have it too. */
import type { CodeLens } from "vscode-languageserver";
import { RUN_COMMAND, type RunRequest } from "../../protocol.ts";
import type { TextPositions } from "./positions.ts";

const TITLE = "Run with Race Detection";

/** The lenses of one file. `folder` is the one that holds it. */
export function codeLenses(path: string, folder: string, text: string, positions: TextPositions): CodeLens[] {
  const code = blankOut(text);
  const lenses: CodeLens[] = [];
  const lens = (pos: number, length: number, request: RunRequest): void => {
    lenses.push({
      range: positions.range(pos, pos + length),
      command: { title: TITLE, command: RUN_COMMAND, arguments: [request] },
    });
  };
  if (path.endsWith("_test.go")) {
    for (const match of code.matchAll(
      /^func (Test(?![\p{Ll}])[\p{L}\p{Nd}_]*)\(\s*[\p{L}_]\S*\s+\*testing\.T\s*\)/gmu,
    )) {
      lens(match.index, match[0].length, { program: folder, target: "test", testName: match[1] ?? "" });
    }
  } else if (/^package main\b/m.test(code)) {
    const main = /^func main\(\s*\)/m.exec(code);
    if (main !== null) {
      lens(main.index, main[0].length, { program: folder, target: "program" });
    }
  }
  return lenses;
}

/** The text with comments and strings blanked, every offset kept: what stands in them is no declaration. */
function blankOut(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|`[^`]*(?:`|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/g,
    (quoted) => quoted.replace(/[^\n]/g, " "),
  );
}
