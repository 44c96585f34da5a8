/**
 * Starts the language server in a process of its own and tells it whether the workspace is trusted.
 * What is flagged and offered is decided by the server.
 */
import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import type { Confidence, ServerOptions, ServerSettings, ServerStatus } from "../protocol.ts";
import { STATUS_NOTIFICATION, TRUST_NOTIFICATION } from "../protocol.ts";
import { createServerStatusItem } from "./serverStatus.ts";

/**
 * Starts the server; it ends with the extension. A server that cannot be started leaves running and debugging
 * usable: the user is told, with a way to try again.
 */
export async function startLanguageServer(context: vscode.ExtensionContext): Promise<void> {
  const module = context.asAbsolutePath("dist/server.js");
  const status = createServerStatusItem();
  const client = new LanguageClient(
    "maprace",
    "Maprace",
    { module, transport: TransportKind.ipc },
    {
      documentSelector: [{ scheme: "file", language: "go" }],
      initializationOptions: (): ServerOptions => ({
        trusted: vscode.workspace.isTrusted,
        settings: readSettings(),
        helpBase: `${vscode.Uri.joinPath(context.extensionUri, "media", "help").toString()}/`,
        storage: context.globalStorageUri.fsPath,
      }),
    },
  );
  client.onNotification(STATUS_NOTIFICATION, (news: ServerStatus) => status.show(news));

  const start = async (): Promise<void> => {
    try {
      await client.start();
      status.show({ level: "ok", message: "" });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      client.outputChannel.appendLine(`The language server did not start: ${reason}`);
      status.show({ level: "warning", message: `The language server did not start: ${reason}` });
      const again = "Try Again";
      const show = "Show Output";
      void vscode.window
        .showErrorMessage(
          "Maprace cannot analyse this workspace: its language server did not start.",
          again,
          show,
        )
        .then((choice) => {
          if (choice === again) void start();
          if (choice === show) client.outputChannel.show();
        });
    }
  };

  context.subscriptions.push(
    client,
    status,
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      if (client.isRunning()) void client.sendNotification(TRUST_NOTIFICATION, { trusted: true });
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration("maprace") || !client.isRunning()) return;
      void client.sendNotification("workspace/didChangeConfiguration", {
        settings: { maprace: readSettings() },
      });
    }),
    vscode.commands.registerCommand("maprace.showOutput", () => client.outputChannel.show()),
    vscode.commands.registerCommand("maprace.restartServer", async () => {
      if (client.isRunning()) await client.stop();
      await start();
    }),
  );
  await start();
}

function readSettings(): ServerSettings {
  const settings = vscode.workspace.getConfiguration("maprace");
  return {
    enable: settings.get<boolean>("enable", true),
    minimumConfidence: settings.get<Confidence>("minimumConfidence", "possible"),
    go: settings.get<string>("go", ""),
  };
}
