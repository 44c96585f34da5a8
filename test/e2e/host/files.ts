/** Finds and opens the Go files of the workspace that the suites run in. */
import assert from "node:assert/strict";
import * as vscode from "vscode";

/** The root with that name. */
export function root(name: string): vscode.WorkspaceFolder {
  const folder = vscode.workspace.workspaceFolders?.find((candidate) => candidate.name === name);
  assert.ok(folder, `no root ${name}`);
  return folder;
}

/** Opens a file of a root in the editor. */
export async function openFile(rootName: string, file: string): Promise<vscode.TextEditor> {
  const uri = vscode.Uri.joinPath(root(rootName).uri, file);
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
}

/** Asks again every tenth of a second until `ask` has an answer; fails with `what` after `milliseconds`. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  milliseconds = 30_000,
): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) assert.fail(`${what} did not come within ${milliseconds / 1000} s`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
