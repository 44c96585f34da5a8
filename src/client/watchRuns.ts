/**
 * Follows every debug session of type `maprace` by what its adapter sends, and tells its listeners:
 * a run began, a record came, the run ended. What is shown is decided by the listeners.
 */
import * as vscode from "vscode";
import type { RunRecord } from "../protocol.ts";
import { DEBUG_TYPE, RUN_RECORD_EVENT } from "../protocol.ts";

/** Somebody who shows runs. */
export interface RunListener {
  began(session: vscode.DebugSession): void;
  received(session: vscode.DebugSession, record: RunRecord): void;
  /** `failure` is the sentence of a run that could not be started. */
  ended(session: vscode.DebugSession, failure?: string): void;
}

/** The parts of a debug adapter's message that are looked at. */
interface AdapterMessage {
  readonly type: "event" | "response" | "request";
  readonly event?: string;
  readonly command?: string;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: unknown;
}

/** Tells `listeners` of every run until disposed. */
export function watchRuns(listeners: readonly RunListener[]): vscode.Disposable {
  return vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
    createDebugAdapterTracker(session) {
      let ended = false;
      const end = (failure?: string): void => {
        if (ended) return;
        ended = true;
        for (const listener of listeners) listener.ended(session, failure);
      };
      return {
        onWillStartSession() {
          for (const listener of listeners) listener.began(session);
        },
        onDidSendMessage(message: AdapterMessage) {
          if (message.type === "event" && message.event === RUN_RECORD_EVENT) {
            for (const listener of listeners) listener.received(session, message.body as RunRecord);
          }
          if (message.type === "response" && message.command === "launch" && message.success === false) {
            end(message.message ?? "The run did not start.");
          }
          if (message.type === "event" && message.event === "terminated") end();
        },
        onError: (error) => end(`The debug adapter failed: ${error.message}. Run again.`),
        onExit: () => end(),
      };
    },
  });
}
