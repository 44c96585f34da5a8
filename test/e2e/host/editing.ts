/** What the editor shows while one edits: diagnostics with their other side, in every root, and quick fixes that end them. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { eventually, openFile } from "./files.ts";

export function editingSuite(): void {
  suite("editing", () => {
    test("a finding stands on the write, with the other access as related information", async () => {
      const { document } = await openFile("session-cache", "store.go");
      const finding = await findingOn(document, "sessions[s.Token] = s");
      assert.equal(finding.severity, vscode.DiagnosticSeverity.Warning);
      assert.equal(finding.source, "maprace");
      assert.ok((finding.relatedInformation ?? []).length > 0, "no related information");
    });

    test("a finding stands in the second root, which is reached by a symbolic link", async () => {
      const { document } = await openFile("log-statistics", "stats.go");
      await eventually("a finding", () => findings(document)[0]);
    });

    test("the code of a finding leads to a help page that exists", async () => {
      const { document } = await openFile("session-cache", "store.go");
      const { code } = await findingOn(document, "sessions[s.Token] = s");
      assert.ok(typeof code === "object", "no code description");
      assert.ok((await vscode.workspace.fs.stat(code.target)).size > 0);
    });

    test("a finding right after an emoji covers its own text, in a file with CRLF", async () => {
      const editor = await openFile("session-cache", "store.go");
      const { document } = editor;
      await eventually("a finding", () => findings(document)[0]);
      await editor.edit((edit) => edit.setEndOfLine(vscode.EndOfLine.CRLF));
      const line = lineOf(document, "sessions[s.Token] = s");
      await editor.edit((edit) => edit.insert(new vscode.Position(line, 1), '/* 🙂🙂 */ _ = "🙂"; '));
      const column = document.lineAt(line).text.indexOf("sessions[");
      await eventually("the finding at its new place", () =>
        findings(document).find(({ range }) => range.start.line === line && range.start.character === column),
      );
      await vscode.commands.executeCommand("workbench.action.files.revert");
    });

    test("a quick fix rewrites the package and ends the finding", async () => {
      const { document } = await openFile("session-cache", "store.go");
      // Asked again like the light bulb: the first finding may still be that of the text before the revert.
      const edit = await eventually("the fix with a RWMutex", async () => {
        const finding = await findingOn(document, "sessions[s.Token] = s");
        const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
          "vscode.executeCodeActionProvider",
          document.uri,
          finding.range,
          vscode.CodeActionKind.QuickFix.value,
          10,
        );
        return actions.find((action) => action.title.includes("RWMutex") && action.edit !== undefined)?.edit;
      });
      await vscode.workspace.applyEdit(edit);
      assert.match(document.getText(), /sync\.RWMutex/);
      await eventually("the end of the findings", () => findings(document).length === 0 || undefined);
      await vscode.commands.executeCommand("workbench.action.files.revert");
    });

    test("code lenses over main run the program", async () => {
      const { document } = await openFile("session-cache", "main.go");
      const lens = await eventually("a code lens", async () => {
        const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
          "vscode.executeCodeLensProvider",
          document.uri,
          10,
        );
        return lenses.find(({ command }) => command?.command === "maprace.run");
      });
      assert.equal(lens.range.start.line, lineOf(document, "func main()"));
    });
  });
}

/** The findings of Maprace that stand on a file. */
function findings(document: vscode.TextDocument): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === "maprace");
}

/** Waits for a finding on the line that holds `text`. */
function findingOn(document: vscode.TextDocument, text: string): Promise<vscode.Diagnostic> {
  return eventually(`a finding on ${text}`, () =>
    findings(document).find(({ range }) => document.lineAt(range.start).text.includes(text)),
  );
}

function lineOf(document: vscode.TextDocument, text: string): number {
  const line = document
    .getText()
    .split(/\r?\n/)
    .findIndex((each) => each.includes(text));
  assert.notEqual(line, -1, `no line with ${text}`);
  return line;
}
