/**
 * Drives gopls over LSP on stdio, as an editor would: opens a folder and one of its files, types into the file,
 * and measures until gopls publishes its diagnosis of each version. Benchmarks put their own numbers beside it.
 *
 * What is typed should change what gopls has to say (an undefined name with a number does): it publishes nothing
 * where nothing changed. Memory is read from /proc, so Linux only.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";

/** The newest version that installs with Go 1.26. */
const VERSION = "v0.23.0";

/** Longer than any diagnosis may take, in milliseconds; beyond it the measurement fails. */
const PATIENCE = 180_000;

/**
 * The first answer is about the open packages; about all others gopls thinks only when nothing was typed for this
 * long (its setting diagnosticsDelay, left as it is), in milliseconds.
 */
const DELAY = 1_000;

/** Who does nothing for this long rests: clearly longer than {@link DELAY}, or the wait would count as rest. */
const REST = 3 * DELAY;

/** What to do with gopls. */
export interface GoplsTask {
  /** The folder to open. */
  readonly folder: string;
  /** The file to type into, relative to the folder. */
  readonly file: string;
  /** The line (from 0) before which a line of its own is typed, and then replaced again and again. */
  readonly line: number;
  /** The line's text in version `i`, without its end. */
  readonly statement: (i: number) => string;
  /** How many versions are typed. */
  readonly edits: number;
  /** How long it does nothing before its memory at rest is read, in milliseconds. */
  readonly pauseMs: number;
  /** An edit in the file that other files depend on; null where none is measured. */
  readonly elsewhere: Elsewhere | null;
}

/** A line that is written in two ways in turn, which changes what is to be said about another file. */
export interface Elsewhere {
  /** The other file, relative to the folder. */
  readonly file: string;
  /** The line (from 0) of the edited file, as it is on disk. */
  readonly line: number;
  readonly texts: readonly [string, string];
  readonly edits: number;
}

/** What one start of gopls took, in milliseconds and megabytes. */
export interface GoplsStart {
  /** From start to the first diagnostics of the opened file. */
  readonly firstMs: number;
  /** From start until it rests, the second that it waits by itself not counted: it has then looked at all packages. */
  readonly settledMs: number;
  /** From the last edit until it rests, without that second: it has then looked at all packages again. */
  readonly againMs: number;
  /** Memory resident at the first diagnostics, and after the pause at rest, after the start and after the edits. */
  readonly firstMb: number;
  readonly settledMb: number;
  readonly againMb: number;
  /** Most memory resident at any time, until it rests after the edits. `go list`, which it runs, is not counted. */
  readonly peakMb: number;
  /** From each edit to the diagnostics of that version. */
  readonly editMs: readonly number[];
  /** From each edit that others depend on to the diagnostics of the other file. */
  readonly elsewhereMs: readonly number[];
}

/** What gopls took with nothing in its cache and, with the edits, with what the first start left there. */
export interface GoplsTimes {
  readonly cold: GoplsStart;
  readonly warm: GoplsStart;
}

/** The path of gopls, installed by the Go command into a folder that later runs find again. */
export function installGopls(): string {
  const bin = join(tmpdir(), `maprace-gopls-${VERSION}`);
  const gopls = join(bin, process.platform === "win32" ? "gopls.exe" : "gopls");
  if (!existsSync(gopls)) {
    mkdirSync(bin, { recursive: true });
    const env = { ...process.env, GOBIN: bin, GOFLAGS: "-mod=mod" };
    execFileSync("go", ["install", `golang.org/x/tools/gopls@${VERSION}`], { env, stdio: "ignore" });
  }
  return gopls;
}

/** Starts gopls cold, then warm, and types. Rejects where it does not answer. */
export async function measureGopls(gopls: string, task: GoplsTask): Promise<GoplsTimes> {
  const cache = mkdtempSync(join(tmpdir(), "maprace-gopls-cache-"));
  try {
    const cold = await session(gopls, cache, { ...task, edits: 0, elsewhere: null });
    return { cold, warm: await session(gopls, cache, task) };
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** Waits until a process has hardly used the processor for `quietMs`; returns when that time began. */
export async function rest(pid: number, quietMs = 1_000): Promise<number> {
  let since = performance.now();
  for (let before = cpuTicks(pid); ; ) {
    await new Promise((done) => setTimeout(done, 50));
    const now = cpuTicks(pid);
    if (now - before > 1) since = performance.now();
    before = now;
    if (performance.now() - since > quietMs) return since;
  }
}

/** Processor time that a process has used, in hundredths of a second. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** Megabytes resident now (`VmRSS`) or at most so far (`VmHWM`). */
function memoryOf(pid: number, what: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** How long gopls took from `start` until it rests; its wait for more typing is not work. */
async function untilRest(pid: number, start: number, answered: number): Promise<number> {
  const rested = await rest(pid, REST);
  return (rested > answered + DELAY ? rested - DELAY : answered) - start;
}

async function session(gopls: string, cache: string, task: GoplsTask): Promise<GoplsStart> {
  const started = performance.now();
  const server = spawn(gopls, ["serve"], {
    cwd: task.folder,
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, GOPLSCACHE: cache },
  });
  const ended = new Promise<void>((done) => server.once("exit", () => done()));
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const uri = pathToFileURL(resolve(task.folder, task.file)).href;
  const { elsewhere } = task;
  const otherUri = elsewhere ? pathToFileURL(resolve(task.folder, elsewhere.file)).href : null;
  let publishedElsewhere = (): void => {};
  const waiting = new Map<number, () => void>();
  const published = (version: number): Promise<void> =>
    new Promise((done, fail) => {
      const timer = setTimeout(
        () => fail(new Error(`gopls published no diagnostics of version ${version} of ${task.file}.`)),
        PATIENCE,
      );
      waiting.set(version, () => {
        clearTimeout(timer);
        done();
      });
    });
  connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
    if (params.uri === uri && params.version !== undefined) waiting.get(params.version)?.();
    if (params.uri === otherUri) publishedElsewhere();
  });
  connection.onRequest("workspace/configuration", (params: { items: unknown[] }) =>
    params.items.map(() => ({})),
  );
  for (const request of ["client/registerCapability", "window/workDoneProgress/create"])
    connection.onRequest(request, () => null);
  connection.onUnhandledNotification(() => {});
  connection.listen();
  try {
    const text = readFileSync(resolve(task.folder, task.file), "utf8");
    await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(task.folder).href,
      workspaceFolders: [{ uri: pathToFileURL(task.folder).href, name: "bench" }],
      capabilities: { workspace: { configuration: true } },
    });
    const first = published(1);
    await connection.sendNotification("initialized", {});
    await connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "go", version: 1, text },
    });
    await first;
    const pid = server.pid ?? 0;
    const firstMs = performance.now() - started;
    const firstMb = memoryOf(pid, "VmRSS");
    const settledMs = await untilRest(pid, started, started + firstMs);
    await pause(task.pauseMs);
    const settledMb = memoryOf(pid, "VmRSS");
    const editMs: number[] = [];
    for (let i = 0; i < task.edits; i++) {
      const version = i + 2;
      const done = published(version);
      const start = performance.now();
      await connection.sendNotification("textDocument/didChange", {
        textDocument: { uri, version },
        contentChanges: [
          {
            range: {
              start: { line: task.line, character: 0 },
              end: { line: task.line + (i === 0 ? 0 : 1), character: 0 },
            },
            text: `${task.statement(i)}\n`,
          },
        ],
      });
      await done;
      editMs.push(performance.now() - start);
    }
    const last = performance.now();
    const againMs = task.edits > 0 ? await untilRest(pid, last - (editMs.at(-1) ?? 0), last) : 0;
    if (task.edits > 0) await pause(task.pauseMs);
    const againMb = memoryOf(pid, "VmRSS");
    const elsewhereMs: number[] = [];
    for (let i = 0; elsewhere && i < elsewhere.edits; i++) {
      const line = elsewhere.line + (task.edits > 0 && task.line <= elsewhere.line ? 1 : 0);
      const done = new Promise<void>((arrived) => {
        publishedElsewhere = arrived;
      });
      const start = performance.now();
      await connection.sendNotification("textDocument/didChange", {
        textDocument: { uri, version: task.edits + 2 + i },
        contentChanges: [
          {
            range: { start: { line, character: 0 }, end: { line: line + 1, character: 0 } },
            text: `${elsewhere.texts[i % 2]}\n`,
          },
        ],
      });
      await done;
      elsewhereMs.push(performance.now() - start);
    }
    const peakMb = memoryOf(pid, "VmHWM");
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
    await ended;
    return { firstMs, settledMs, againMs, editMs, elsewhereMs, firstMb, settledMb, againMb, peakMb };
  } finally {
    connection.dispose();
    server.kill();
  }
}
