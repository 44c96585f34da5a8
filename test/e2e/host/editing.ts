/** What the editor shows while one edits: diagnostics with their other side, in every root, and quick fixes that end them. */
import assert from "node:assert/strict";
import * as vscode from "vscode";

const WAIT_MS = 30_000;

export function editingSuite(): void {
  suite("editing", () => {
    test("a finding stands in the first root, with the other access as related information", async () => {
      const { uri } = await openGo("session-cache");
      const finding = await diagnostic(uri, "unsynchronized-map");
      assert.equal(finding.severity, vscode.DiagnosticSeverity.Warning);
      assert.ok((finding.relatedInformation ?? []).length > 0, "no related information");
    });

    test("a finding stands in the second root, which is reached by a symbolic link", async () => {
      const { uri } = await openGo("log-statistics");
      await diagnostic(uri, "unsynchronized-map");
    });
  });
}

/** Opens the first file of a root that has a `func main`. */
async function openGo(root: string): Promise<vscode.TextDocument> {
  const folder = vscode.workspace.workspaceFolders?.find(({ name }) => name === root);
  assert.ok(folder, `no root ${root}`);
  const [file] = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, "**/main.go"));
  assert.ok(file, `no main.go in ${root}`);
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document);
  return document;
}

/** Waits for a diagnostic with that code on that file. */
async function diagnostic(uri: vscode.Uri, code: string): Promise<vscode.Diagnostic> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const all = vscode.languages.getDiagnostics(uri);
    const found = all.find((entry) => codeOf(entry) === code);
    if (found !== undefined) return found;
    if (Date.now() > deadline) assert.fail(`no ${code} on ${uri.path}, only ${JSON.stringify(all)}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

function codeOf(entry: vscode.Diagnostic): unknown {
  return typeof entry.code === "object" ? entry.code.value : entry.code;
}
