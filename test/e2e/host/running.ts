/** Running with detection, as VS Code's debugger sees it: records, output, unsaved buffers, failures, and the stop button. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { type Conflict, DEBUG_TYPE, RUN_RECORD_EVENT, type RunRecord } from "../../../src/protocol.ts";
import { eventually, openFile, root } from "./files.ts";

const BUILD_MS = 150_000;

/** What one debug session told. */
interface Told {
  readonly records: RunRecord[];
  output: string;
  /** The sentence of a launch that failed. */
  failure: string | undefined;
  ended: boolean;
}

export function runningSuite(): void {
  suite("running", function () {
    this.timeout(2 * BUILD_MS);
    let told: Told;
    let tracker: vscode.Disposable;

    suiteSetup(() => {
      tracker = vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
        createDebugAdapterTracker: () => {
          // What an earlier session still has to tell is not this one's.
          const own: Told = { records: [], output: "", failure: undefined, ended: false };
          told = own;
          return {
            onDidSendMessage: (message) => note(own, message),
            onExit: () => {
              own.ended = true;
            },
          };
        },
      });
    });
    suiteTeardown(() => tracker.dispose());

    test("the command shows the conflict with both stacks in the workspace's files", async () => {
      await openFile("session-cache", "main.go");
      await vscode.commands.executeCommand("maprace.run");
      await eventually("the end of the run", () => told.ended || undefined, BUILD_MS);
      assert.equal(told.records[0]?.type, "start");
      assert.equal(told.records.at(-1)?.type, "end");
      const conflict = told.records.find((record): record is Conflict => record.type === "conflict");
      assert.ok(conflict, "no conflict");
      const store = vscode.Uri.joinPath(root("session-cache").uri, "store.go").fsPath;
      for (const { stack, goroutine } of conflict.accesses) {
        assert.ok(
          stack.some(({ file }) => file === store),
          `no frame in ${store}: ${JSON.stringify(stack)}`,
        );
        assert.ok(goroutine.created.length > 0, "no creation stack");
      }
      // Its own last line, or that of the runtime, which may end a racing program at any time.
      assert.match(told.output, /48 visits|fatal error: concurrent map/);
    });

    test("unsaved text is part of a run, and stays unsaved", async () => {
      const { document } = await editUnsaved("func main() {", 'func main() {\n\tprintln("from the buffer")');
      await vscode.commands.executeCommand("maprace.run");
      await eventually("the end of the run", () => told.ended || undefined, BUILD_MS);
      assert.match(told.output, /from the buffer/);
      assert.ok(document.isDirty);
      await vscode.commands.executeCommand("workbench.action.files.revert");
    });

    test("a build that fails is told in a sentence, with the compiler's words in the console", async () => {
      await editUnsaved("func main() {", "func main() {\n\tnobodyDeclaredThis()");
      // The sentence is also shown as a dialog, which VS Code refuses to open in tests.
      await assert.rejects(
        async () => vscode.commands.executeCommand("maprace.run"),
        /refused to show dialog/,
      );
      const failure = await eventually("the failure", () => told.failure, BUILD_MS);
      assert.match(failure, /^[A-Z].*\.$/s);
      assert.match(told.output, /undefined: nobodyDeclaredThis/);
      assert.deepEqual(told.records, []);
      await vscode.commands.executeCommand("workbench.action.files.revert");
    });

    test("a go command that is not there is told with what to do", async () => {
      const program = root("session-cache").uri.fsPath;
      const configuration = {
        type: DEBUG_TYPE,
        request: "launch",
        name: "No Go",
        program,
        go: "/nowhere/go",
      };
      await assert.rejects(
        async () => vscode.debug.startDebugging(undefined, configuration),
        /refused to show dialog/,
      );
      assert.match(await eventually("the failure", () => told.failure), /nowhere.*\.$/s);
    });

    test("a launch configuration of the Go extension runs with detection when it says so", async () => {
      const program = root("log-statistics").uri.fsPath;
      const configuration = { type: "go", request: "launch", name: "Statistics", program, maprace: true };
      await vscode.debug.startDebugging(root("log-statistics"), configuration);
      await eventually("the end of the run", () => told.ended || undefined, BUILD_MS);
      assert.ok(told.records.some(({ type }) => type === "conflict"));
    });

    test("stop ends the program", async () => {
      await openFile("forever", "main.go");
      await vscode.commands.executeCommand("maprace.run");
      const pid = await eventually("its process id", () => /process (\d+)/.exec(told.output)?.[1], BUILD_MS);
      assert.ok(isAlive(Number(pid)), `${pid} has ended: ${JSON.stringify(told)}`);
      await vscode.debug.stopDebugging();
      await eventually("the end of the process", () => !isAlive(Number(pid)) || undefined);
      await eventually("the end of the session", () => told.ended || undefined);
    });
  });
}

/** Replaces text of the shop's main.go in the editor, without saving it. */
async function editUnsaved(from: string, to: string): Promise<vscode.TextEditor> {
  const editor = await openFile("session-cache", "main.go");
  const start = editor.document.positionAt(editor.document.getText().indexOf(from));
  await editor.edit((edit) => edit.replace(new vscode.Range(start, start.translate(0, from.length)), to));
  return editor;
}

/** The parts of the debug adapter's messages that the tests look at. */
interface AdapterMessage {
  readonly type: string;
  readonly event?: string;
  readonly command?: string;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: unknown;
}

/** Reads one message of the debug adapter. */
function note(told: Told, message: AdapterMessage): void {
  if (message.command === "launch" && message.success === false) told.failure = message.message;
  if (message.event === RUN_RECORD_EVENT) told.records.push(message.body as RunRecord);
  if (message.event === "output") told.output += (message.body as { output: string }).output;
  if (message.event === "terminated") told.ended = true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH: there is no such process any more.
  }
}
