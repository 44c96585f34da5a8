/** Shows in the language status of Go files how the language server is, in the server's own sentence. */
import * as vscode from "vscode";
import type { ServerStatus } from "../protocol.ts";

/** The language status item; `show` replaces what it says. */
export interface ServerStatusItem extends vscode.Disposable {
  show(status: ServerStatus): void;
}

/** Makes the item; it says "Starting" until the server is heard of. */
export function createServerStatusItem(): ServerStatusItem {
  const item = vscode.languages.createLanguageStatusItem("maprace.server", { language: "go" });
  item.name = "Maprace";
  item.text = "Maprace";
  item.detail = "Starting";
  item.busy = true;
  item.command = { command: "maprace.showOutput", title: "Show Output" };
  return {
    show({ level, message }) {
      item.busy = false;
      item.severity =
        level === "warning"
          ? vscode.LanguageStatusSeverity.Warning
          : vscode.LanguageStatusSeverity.Information;
      item.detail = message === "" ? "Map races are flagged while you edit." : message;
    },
    dispose: () => item.dispose(),
  };
}
