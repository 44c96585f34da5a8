/**
 * How long from a keystroke to diagnostics: types into a file through the built language server and measures.
 *
 *   npm run bench -- typing
 *   node scripts/run-typescript.mjs test/bench/typing.bench.ts FOLDER FILE [KEYSTROKES]
 *
 * Without arguments, a generated workspace of 200,000 lines. The processor time per keystroke is printed beside
 * the time on the clock: it is what a busy machine does not change. Reads /proc, so Linux only.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { writeGenerated } from "./generated.ts";

/** What the product promises, in milliseconds and megabytes. */
const GOALS = { firstMs: 5_000, medianMs: 25, p95Ms: 80, memoryMb: 600 };
const LINES = 200_000;

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

/** Processor time that a process has used, in milliseconds. */
function cpuMilliseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Where to type: a line of its own in the body of the function nearest to the middle of the file. */
function placeToType(lines: readonly string[]): number {
  const middle = lines.findIndex((line, i) => i >= lines.length / 2 && /^\t\S.*[^{(,]$/.test(line));
  return middle < 0 ? lines.length - 1 : middle + 1;
}

async function measure(folder: string, file: string, keystrokes: number) {
  const cli = join(import.meta.dirname, "../../dist/cli.js");
  const server = spawn(process.execPath, [cli, "lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  const pid = server.pid ?? 0;
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const waiting = new Map<number, () => void>();
  const path = resolve(folder, file);
  const uri = pathToFileURL(path).href;
  connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
    if (params.uri === uri && params.version !== undefined) {
      waiting.get(params.version)?.();
    }
  });
  connection.onNotification("maprace/status", () => {});
  connection.listen();
  const arrival = (version: number) => new Promise<void>((done) => waiting.set(version, done));

  const text = readFileSync(path, "utf8");
  const lines = text.split("\n");
  await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: [{ uri: pathToFileURL(resolve(folder)).href, name: "bench" }],
    capabilities: {},
  });
  const opened = performance.now();
  await connection.sendNotification("initialized", {});
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "go", version: 1, text },
  });
  await arrival(1);
  const firstMs = Math.round(performance.now() - opened);

  const line = placeToType(lines);
  const word = "\t_ = 1 //";
  const times: number[] = [];
  const cpuBefore = cpuMilliseconds(pid);
  for (let i = 0; i < keystrokes; i++) {
    const version = i + 2;
    const at = { line, character: i === 0 ? 0 : word.length + i - 1 };
    const done = arrival(version);
    const start = performance.now();
    await connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ range: { start: at, end: at }, text: i === 0 ? `${word}\n` : "x" }],
    });
    await done;
    times.push(performance.now() - start);
  }
  const cpuMs = Math.round((cpuMilliseconds(pid) - cpuBefore) / keystrokes);
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  await connection.sendRequest("shutdown");
  await connection.sendNotification("exit");
  connection.dispose();
  return {
    firstMs,
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    cpuMs,
    memoryMb: Math.round(resident / 1024),
  };
}

/** A new folder with the generated workspace. */
function newWorkspace(): string {
  const folder = mkdtempSync(join(tmpdir(), "maprace-bench-"));
  writeGenerated(LINES, folder);
  return folder;
}

const [folder = newWorkspace(), file = "p0/file0.go", keystrokes = "40"] = process.argv.slice(2);
try {
  const measured = await measure(folder, file, Number(keystrokes));
  console.table(
    Object.entries(measured).map(([what, value]) => ({
      what,
      value,
      goal: GOALS[what as keyof typeof GOALS] ?? "",
    })),
  );
  const missed = Object.entries(GOALS).filter(([what, goal]) => measured[what as keyof typeof GOALS] > goal);
  if (missed.length > 0) {
    console.error(`Missed: ${missed.map(([what, goal]) => `${what} at most ${goal}`).join(", ")}`);
    process.exitCode = 1;
  }
} finally {
  if (process.argv[2] === undefined) {
    rmSync(folder, { recursive: true, force: true });
  }
}
