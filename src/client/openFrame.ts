/** Opens the source line of a stack frame in an editor beside the timeline. */
import * as vscode from "vscode";
import type { Frame } from "../protocol.ts";

/**
 * Shows `frame`'s line, in the column where its file is already open, else in the first one that the timeline (in
 * `timelineColumn`) does not take. Says so where the file is not on this machine.
 */
export async function openFrame(frame: Frame, timelineColumn: vscode.ViewColumn | undefined): Promise<void> {
  const uri = vscode.Uri.file(frame.file);
  let document: vscode.TextDocument;
  try {
    document = await vscode.workspace.openTextDocument(uri);
  } catch {
    void vscode.window.showWarningMessage(
      `${frame.file} is not on this machine, so ${frame.function} cannot be shown. Open the recording where the program was built.`,
    );
    return;
  }
  const line = document.lineAt(Math.min(Math.max(frame.line - 1, 0), document.lineCount - 1));
  const at = new vscode.Position(line.lineNumber, line.firstNonWhitespaceCharacterIndex);
  await vscode.window.showTextDocument(document, {
    viewColumn: columnFor(uri, timelineColumn),
    selection: new vscode.Range(at, at),
  });
}

function columnFor(uri: vscode.Uri, timelineColumn: vscode.ViewColumn | undefined): vscode.ViewColumn {
  for (const group of vscode.window.tabGroups.all) {
    const shows = group.tabs.some(
      (tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString(),
    );
    if (shows && group.viewColumn !== timelineColumn) return group.viewColumn;
  }
  return timelineColumn === vscode.ViewColumn.One ? vscode.ViewColumn.Two : vscode.ViewColumn.One;
}
