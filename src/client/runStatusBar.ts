/** The status bar entry of the latest run: how many conflicts there are; a click shows them in the timeline. */
import * as vscode from "vscode";
import type { RunRecord } from "../protocol.ts";
import { addRecord, conflictCount, describeRun } from "./runRecords.ts";
import type { RunListener } from "./watchRuns.ts";

/** Makes the entry; it is hidden until the first run. */
export function createRunStatusBar(): RunListener & vscode.Disposable {
  const item = vscode.window.createStatusBarItem("maprace.run", vscode.StatusBarAlignment.Left);
  item.name = "Maprace Run";
  item.command = "maprace.showTimeline";
  let current: vscode.DebugSession | undefined;
  const records: RunRecord[] = [];

  const show = (running: boolean, failure?: string): void => {
    const count = conflictCount(records);
    const icon = running ? "loading~spin" : count > 0 ? "zap" : failure === undefined ? "check" : "error";
    const text = failure !== undefined ? "not started" : count === 1 ? "1 conflict" : `${count} conflicts`;
    item.text = `$(${icon}) Maprace: ${text}`;
    item.tooltip = failure ?? describeRun(records, running);
    item.backgroundColor = count > 0 ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  };

  return {
    began(session) {
      current = session;
      records.length = 0;
      show(true);
    },
    received(session, record) {
      if (session.id !== current?.id) return;
      addRecord(records, record);
      show(record.type !== "end");
    },
    ended(session, failure) {
      if (session.id === current?.id) show(false, failure);
    },
    dispose: () => item.dispose(),
  };
}
