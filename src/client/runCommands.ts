/**
 * The commands *Run with Race Detection* and *Test with Race Detection*: decides which package is meant and starts a debug
 * session for it. Called from the command palette, the editor's title, its context menu, and code lenses.
 */
import { dirname } from "node:path";
import * as vscode from "vscode";
import type { RunRequest } from "../protocol.ts";
import { RUN_COMMAND } from "../protocol.ts";
import { configurationFor } from "./launchConfiguration.ts";
import { findMainPackages } from "./mainPackages.ts";

/** Registers both commands. */
export function registerRunCommands(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(RUN_COMMAND, (from?: vscode.Uri | RunRequest) => run("program", from)),
    vscode.commands.registerCommand("maprace.test", (from?: vscode.Uri | RunRequest) => run("test", from)),
  );
}

/** Starts what `from` names: a code lens's request, the file of an editor's menu, or (from the palette) the active editor's. */
async function run(target: "program" | "test", from: vscode.Uri | RunRequest | undefined): Promise<void> {
  if (from !== undefined && "program" in from) {
    await start(from);
    return;
  }
  const file = from ?? vscode.window.activeTextEditor?.document.uri;
  const program = target === "test" ? testedPackage(file) : await programPackage(file);
  if (program !== undefined) await start({ program, target });
}

function testedPackage(file: vscode.Uri | undefined): string | undefined {
  if (file?.fsPath.endsWith(".go")) return dirname(file.fsPath);
  void vscode.window.showInformationMessage("Open a Go file of the package to test, then run this again.");
  return undefined;
}

/** The folder of the program to run: the file's own where it is a `package main`, else one that the user picks. */
async function programPackage(file: vscode.Uri | undefined): Promise<string | undefined> {
  if (file?.fsPath.endsWith(".go")) {
    const document = await vscode.workspace.openTextDocument(file);
    if (/^package[ \t]+main\b/m.test(document.getText())) return dirname(file.fsPath);
  }
  const programs = await findMainPackages();
  if (programs.length > 1) {
    const items = programs.map((folder) => ({
      label: vscode.workspace.asRelativePath(folder, true),
      folder,
    }));
    return (await vscode.window.showQuickPick(items, { placeHolder: "Which program?" }))?.folder;
  }
  if (programs[0] === undefined) {
    void vscode.window.showInformationMessage(
      "No Go program (package main with a func main) was found in this workspace. Open a folder that has one, or run a package's tests.",
    );
  }
  return programs[0];
}

async function start(request: RunRequest): Promise<void> {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(request.program));
  await vscode.debug.startDebugging(
    folder,
    configurationFor(request.target, request.program, request.testName),
    {
      noDebug: true,
      // Unsaved buffers are part of the run as they are; running never saves them.
      suppressSaveBeforeStart: true,
      suppressDebugView: true,
    },
  );
}
