/**
 * How long from a keystroke to diagnostics: types into a file through the built language server and measures, with
 * gopls beside it in the same run.
 *
 *   npm run bench -- typing
 *   node scripts/run-typescript.mjs test/bench/typing.bench.ts [WHAT…]     WHAT: generated, module@version=FILE
 *
 * Without arguments: a generated workspace of 200,000 lines, and grpc. Each is opened with an empty cache and, in a
 * new process, with what that start left in it. In the generated workspace a line is changed, too, on which a Finding
 * in another package depends (for gopls: an error there). The processor time per keystroke is printed beside the time
 * on the clock: it is what a busy machine does not change. Reads /proc, so Linux only.
 */
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
import { type Elsewhere, type GoplsTimes, installGopls, measureGopls, rest } from "./gopls.ts";

/** What the product promises, in milliseconds and megabytes. */
const GOALS = { coldMs: 5_000, warmMs: 1_000, medianMs: 25, p95Ms: 80, elsewhereMs: 300, peakMb: 600 };
const USUAL = ["generated", "google.golang.org/grpc@v1.68.0=server.go"];
const LINES = 200_000;
const KEYSTROKES = 100;
const ELSEWHERE = 20;

/** What is opened and typed into. */
interface Place {
  readonly folder: string;
  /** Relative to the folder. */
  readonly file: string;
  /** A line that a Finding in another file hangs on, and for gopls an error; null where none is known. */
  readonly elsewhere: { readonly ours: Elsewhere; readonly gopls: Elsewhere } | null;
}

/** What one start of the server took, in milliseconds and megabytes. */
interface Start {
  /** From opening to the first diagnostics of the file. */
  readonly firstMs: number;
  readonly editMs: readonly number[];
  readonly elsewhereMs: readonly number[];
  /** Of the processor, per keystroke. */
  readonly cpuMs: number;
  readonly peakMb: number;
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
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

async function session(place: Place, storage: string, keystrokes: number): Promise<Start> {
  const cli = join(import.meta.dirname, "../../dist/cli.js");
  const server = spawn(process.execPath, [cli, "lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((done) => server.once("exit", () => done()));
  const pid = server.pid ?? 0;
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const { folder, elsewhere } = place;
  const path = resolve(folder, place.file);
  const uri = pathToFileURL(path).href;
  const otherUri = elsewhere ? pathToFileURL(resolve(folder, elsewhere.ours.file)).href : null;
  const waiting = new Map<number, () => void>();
  let arrivedElsewhere = (): void => {};
  connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
    if (params.uri === uri && params.version !== undefined) waiting.get(params.version)?.();
    if (params.uri === otherUri) arrivedElsewhere();
  });
  connection.onNotification("maprace/status", () => {});
  connection.listen();
  const arrival = (version: number) => new Promise<void>((done) => waiting.set(version, done));
  let version = 1;
  const change = (from: number, fromColumn: number, to: number, toColumn: number, text: string) =>
    connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version: ++version },
      contentChanges: [
        {
          range: {
            start: { line: from, character: fromColumn },
            end: { line: to, character: toColumn },
          },
          text,
        },
      ],
    });
  try {
    const text = readFileSync(path, "utf8");
    await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: null,
      workspaceFolders: [{ uri: pathToFileURL(resolve(folder)).href, name: "bench" }],
      capabilities: {},
      initializationOptions: { storage },
    });
    const opened = performance.now();
    const first = arrival(1);
    await connection.sendNotification("initialized", {});
    await connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "go", version, text },
    });
    await first;
    const firstMs = performance.now() - opened;
    // Who edits others depend on has the workspace known; a start that only fills the cache fills it whole.
    await rest(pid);

    const line = placeToType(text.split("\n"));
    const word = "\t_ = 1 //";
    const editMs: number[] = [];
    const cpuBefore = cpuMilliseconds(pid);
    for (let i = 0; i < keystrokes; i++) {
      const done = arrival(version + 1);
      const start = performance.now();
      const column = i === 0 ? 0 : word.length + i - 1;
      await change(line, column, line, column, i === 0 ? `${word}\n` : "x");
      await done;
      editMs.push(performance.now() - start);
    }
    const cpuMs = (cpuMilliseconds(pid) - cpuBefore) / keystrokes;
    const elsewhereMs: number[] = [];
    for (let i = 0; elsewhere && i < (keystrokes > 0 ? elsewhere.ours.edits : 0); i++) {
      await rest(pid);
      const at = elsewhere.ours.line + 1;
      const done = new Promise<void>((arrived) => {
        arrivedElsewhere = arrived;
      });
      const start = performance.now();
      await change(at, 0, at + 1, 0, `${elsewhere.ours.texts[i % 2]}\n`);
      await done;
      elsewhereMs.push(performance.now() - start);
    }
    const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
    await ended;
    return { firstMs, editMs, elsewhereMs, cpuMs, peakMb: peakKb / 1024 };
  } finally {
    connection.dispose();
    server.kill();
  }
}

/** A new folder with the generated workspace, and in two of its packages a function that races with its caller or not. */
function generated(): Place {
  const folder = mkdtempSync(join(tmpdir(), "maprace-bench-"));
  writeGenerated(LINES, folder);
  const file = "p0/file0.go";
  const line = readFileSync(join(folder, file), "utf8").split("\n").length + 1;
  appendFileSync(
    join(folder, file),
    "\n\n// Fill is started by others.\nfunc Fill(m map[string]int) {\n\t_ = m\n}\n",
  );
  writeFileSync(
    join(folder, "p1/load.go"),
    `package p1

import "example.com/work/p0"

// Load starts what another package declares.
func Load() int {
	m := map[string]int{}
	go p0.Fill(m)
	return len(m)
}
`,
  );
  const head = line + 1;
  return {
    folder,
    file,
    elsewhere: {
      ours: { file: "p1/load.go", line: head + 1, texts: ['\tm["a"] = 1', "\t_ = m"], edits: ELSEWHERE },
      gopls: {
        file: "p1/load.go",
        line: head,
        texts: ["func Fill(m map[string]int, n int) {", "func Fill(m map[string]int) {"],
        edits: ELSEWHERE,
      },
    },
  };
}

/** A copy of a module's files, so that nothing is written into the module cache. */
function module(what: string): Place {
  const [name = "", file = ""] = what.split("=");
  const json = execFileSync("go", ["mod", "download", "-json", name], { encoding: "utf8", cwd: tmpdir() });
  const folder = mkdtempSync(join(tmpdir(), "maprace-bench-"));
  cpSync(JSON.parse(json).Dir, folder, { recursive: true });
  execFileSync("chmod", ["-R", "u+w", folder]);
  chmodSync(folder, 0o755);
  return { folder, file, elsewhere: null };
}

function report(what: string, cold: Start, warm: Start, gopls: GoplsTimes): void {
  const ours = {
    coldMs: cold.firstMs,
    warmMs: warm.firstMs,
    medianMs: quantile(warm.editMs, 0.5),
    p95Ms: quantile(warm.editMs, 0.95),
    elsewhereMs: quantile(warm.elsewhereMs, 0.5),
    peakMb: Math.max(cold.peakMb, warm.peakMb),
  };
  const beside = {
    coldMs: gopls.cold.firstMs,
    warmMs: gopls.warm.firstMs,
    medianMs: quantile(gopls.warm.editMs, 0.5),
    p95Ms: quantile(gopls.warm.editMs, 0.95),
    elsewhereMs: quantile(gopls.warm.elsewhereMs, 0.5),
    peakMb: Math.max(gopls.cold.peakMb, gopls.warm.peakMb),
  };
  const rows = Object.entries(GOALS).map(([name, goal]) => {
    const key = name as keyof typeof GOALS;
    return { what: name, maprace: Math.round(ours[key]), gopls: Math.round(beside[key]), goal };
  });
  console.log(
    `${what}: ${warm.cpuMs.toFixed(1)} ms of the processor a keystroke; elsewhere at most ${Math.round(Math.max(0, ...warm.elsewhereMs))} ms`,
  );
  console.table(rows);
  const missed = rows.filter(({ maprace, goal }) => maprace > goal);
  if (missed.length === 0) return;
  console.error(`Missed: ${missed.map(({ what: name, goal }) => `${name} at most ${goal}`).join(", ")}`);
  process.exitCode = 1;
}

const whats = process.argv.slice(2);
for (const what of whats.length > 0 ? whats : USUAL) {
  const place = what === "generated" ? generated() : module(what);
  const storage = mkdtempSync(join(tmpdir(), "maprace-bench-cache-"));
  try {
    const cold = await session(place, storage, 0);
    const warm = await session(place, storage, KEYSTROKES);
    const lines = readFileSync(resolve(place.folder, place.file), "utf8").split("\n");
    const gopls = await measureGopls(installGopls(), {
      folder: place.folder,
      file: place.file,
      line: placeToType(lines),
      statement: (i) => `\t_ = undefined${i}`,
      edits: KEYSTROKES,
      pauseMs: 0,
      elsewhere: place.elsewhere?.gopls ?? null,
    });
    report(what, cold, warm, gopls);
  } finally {
    for (const one of [place.folder, storage]) rmSync(one, { recursive: true, force: true });
  }
}
