/**
 * Who shows the page: an editor's panel, which sends records and opens files, or a browser with an exported
 * page, which has its records inside. Hides the difference from everything else.
 */
import type { Frame, FromTimeline, RunRecord, ToTimeline } from "../src/protocol.ts";
import { place } from "./frames.ts";
import { recordsElementId } from "./page.ts";

export interface Host {
  /** True in an exported page: nothing runs, so there is nothing to stop or restart. */
  readonly standalone: boolean;
  /** What opening a frame does, for tooltips: "Open store.go:14". */
  openHint(frame: Frame): string;
  /** Opens the frame, and says what it did when that is not to be seen ("" otherwise). */
  open(frame: Frame): Promise<string>;
  stop(): void;
  restart(): void;
  restore(): unknown;
  keep(view: unknown): void;
  /** Starts the messages; the first one may come at once. */
  listen(receive: (message: ToTimeline) => void): void;
}

interface EditorApi {
  postMessage(message: FromTimeline): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare const acquireVsCodeApi: (() => EditorApi) | undefined;

/** The host that this page runs in. */
export function connectHost(): Host {
  return typeof acquireVsCodeApi === "function" ? editorHost(acquireVsCodeApi()) : exportedPage();
}

function editorHost(editor: EditorApi): Host {
  return {
    standalone: false,
    openHint: (frame) => `Open ${place(frame)}`,
    open: async (frame) => {
      editor.postMessage({ type: "open", frame });
      return "";
    },
    stop: () => editor.postMessage({ type: "stop" }),
    restart: () => editor.postMessage({ type: "restart" }),
    restore: () => editor.getState(),
    keep: (view) => editor.setState(view),
    listen: (receive) => {
      // The panel's frame receives messages from the editor alone; its shape is protocol.ts's.
      window.addEventListener("message", (event: MessageEvent<ToTimeline>) => receive(event.data));
      editor.postMessage({ type: "ready" });
    },
  };
}

function exportedPage(): Host {
  return {
    standalone: true,
    openHint: (frame) => `Copy ${place(frame)}`,
    open: async (frame) => ((await copyText(place(frame))) ? `Copied ${place(frame)}` : place(frame)),
    stop: () => {},
    restart: () => {},
    restore: () => undefined,
    keep: () => {},
    listen: (receive) => {
      const data = document.getElementById(recordsElementId)?.textContent;
      if (!data) return;
      const { title, records } = JSON.parse(data) as { title: string; records: RunRecord[] };
      receive({ type: "reset", title });
      receive({ type: "records", records });
      receive({ type: "status", text: "", running: false });
    },
  };
}

/** Puts text on the clipboard; false when the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page without permission to write: the caller shows the text instead.
    return false;
  }
}
