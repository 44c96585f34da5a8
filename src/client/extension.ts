/**
 * Where the extension begins: starts each feature and hands to it what it needs of the others.
 * Decides nothing itself; each feature has a file of its own.
 */
import type * as vscode from "vscode";
import { registerDebugAdapter } from "./debugAdapter.ts";
import { startLanguageServer } from "./languageServer.ts";
import { registerLaunchConfigurations } from "./launchConfiguration.ts";
import { registerRunCommands } from "./runCommands.ts";
import { createRunStatusBar } from "./runStatusBar.ts";
import { createTimelineHost } from "./timelineHost.ts";
import { watchRuns } from "./watchRuns.ts";

/** Called by VS Code once, when a Go file is opened, a run is started or a command of ours is used. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const timeline = createTimelineHost(context);
  const statusBar = createRunStatusBar();
  context.subscriptions.push(
    timeline,
    statusBar,
    registerDebugAdapter(context),
    registerLaunchConfigurations(),
    registerRunCommands(),
    watchRuns([timeline, statusBar]),
  );
  await startLanguageServer(context);
}
