/**
 * The timeline's panel: holds the records of the latest run, gives them to the page, and does what the page asks.
 * The page forgets everything when it is hidden; what it draws is decided in webview/.
 */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { FromTimeline, RunRecord, ToTimeline } from "../protocol.ts";
import { openFrame } from "./openFrame.ts";
import { addRecord, describeRun } from "./runRecords.ts";
import type { RunListener } from "./watchRuns.ts";

/** A burst of records is drawn once per this many milliseconds. */
const BATCH_MS = 50;

/** Makes the host; the panel itself opens with the first run, or when the user asks for it. */
export function createTimelineHost(context: vscode.ExtensionContext): RunListener & vscode.Disposable {
  return new TimelineHost(context.extensionUri);
}

class TimelineHost implements RunListener, vscode.Disposable {
  readonly #extension: vscode.Uri;
  readonly #dist: vscode.Uri;
  readonly #registrations: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #session: vscode.DebugSession | undefined;
  #running = false;
  #failure: string | undefined;
  readonly #records: RunRecord[] = [];
  #unsent: RunRecord[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(extension: vscode.Uri) {
    this.#extension = extension;
    this.#dist = vscode.Uri.joinPath(extension, "dist");
    this.#registrations = vscode.Disposable.from(
      vscode.commands.registerCommand("maprace.showTimeline", () => this.#open(false)),
      vscode.window.registerWebviewPanelSerializer("maprace.timeline", {
        deserializeWebviewPanel: async (panel) => this.#adopt(panel),
      }),
    );
  }

  began(session: vscode.DebugSession): void {
    this.#session = session;
    this.#running = true;
    this.#failure = undefined;
    this.#records.length = 0;
    this.#unsent = [];
    this.#open(true);
    this.#sendAll();
  }

  received(session: vscode.DebugSession, record: RunRecord): void {
    if (session.id !== this.#session?.id) return;
    addRecord(this.#records, record);
    if (record.type === "start") this.#sendAll();
    else this.#unsent.push(record);
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  ended(session: vscode.DebugSession, failure?: string): void {
    if (session.id !== this.#session?.id) return;
    this.#running = false;
    this.#failure = failure;
    this.#flush();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#panel?.dispose();
    this.#registrations.dispose();
  }

  /** Shows the panel beside the editor; the focus stays where it is when the user did not ask for the panel. */
  #open(preserveFocus: boolean): void {
    if (this.#panel !== undefined) {
      this.#panel.reveal(undefined, preserveFocus);
      return;
    }
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus };
    this.#adopt(vscode.window.createWebviewPanel("maprace.timeline", "Map Races", place));
  }

  #adopt(panel: vscode.WebviewPanel): void {
    this.#panel = panel;
    panel.iconPath = vscode.Uri.joinPath(this.#extension, "media", "icon.png");
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.#dist] };
    panel.webview.onDidReceiveMessage((message: FromTimeline) => this.#answer(message));
    panel.onDidDispose(() => {
      this.#panel = undefined;
    });
    panel.webview.html = this.#page(panel.webview);
  }

  #answer(message: FromTimeline): void {
    switch (message.type) {
      case "ready":
        this.#sendAll();
        break;
      case "open":
        void openFrame(message.frame, this.#panel?.viewColumn);
        break;
      case "stop":
        if (this.#running) void vscode.debug.stopDebugging(this.#session);
        break;
      case "restart":
        void this.#restart();
        break;
    }
  }

  async #restart(): Promise<void> {
    const session = this.#session;
    if (session === undefined) {
      await vscode.commands.executeCommand("maprace.run");
      return;
    }
    if (this.#running) await vscode.debug.stopDebugging(session);
    await vscode.debug.startDebugging(session.workspaceFolder, session.configuration, {
      noDebug: session.configuration.noDebug === true,
      suppressSaveBeforeStart: true,
      suppressDebugView: true,
    });
  }

  #sendAll(): void {
    this.#unsent = [];
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    this.#send({ type: "reset", title: this.#session?.name ?? "No run yet", folders });
    if (this.#records.length > 0) this.#send({ type: "records", records: this.#records });
    this.#sendStatus();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unsent.length > 0) this.#send({ type: "records", records: this.#unsent });
    this.#unsent = [];
    this.#sendStatus();
  }

  #sendStatus(): void {
    const idle = this.#session === undefined;
    const text = idle
      ? "Use Maprace: Run with Race Detection to start a program."
      : (this.#failure ?? describeRun(this.#records, this.#running));
    this.#send({ type: "status", text, running: this.#running });
  }

  #send(message: ToTimeline): void {
    void this.#panel?.webview.postMessage(message);
  }

  /** The page loads one script and one style sheet of ours and nothing else. */
  #page(webview: vscode.Webview): string {
    const nonce = randomBytes(16).toString("base64");
    const url = (file: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#dist, file)).toString();
    const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Map Races</title>
<link rel="stylesheet" href="${url("timeline.css")}">
</head>
<body>
<div id="timeline"></div>
<script nonce="${nonce}" src="${url("timeline.js")}"></script>
</body>
</html>`;
  }
}
