/**
 * `npm run bench:core`: how long core takes to know a program, beside gopls diagnosing the same in the same run.
 *
 *   npm run bench:core -- [WHAT…]     WHAT: generated, generated=LINES, std, module@version
 *
 * Without arguments: a generated workspace of 200,000 lines, the standard library, and kubernetes' client-go.
 * Measured are the time from text to every expression of all packages typed, memory, and the time from an edit
 * in the file nearest to 3,000 lines to fresh facts about that file. gopls opens the same folder, types the same
 * lines into the same file, and publishes its diagnostics. Fails when a goal is missed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createProgram, updateProgram } from "../../src/server/core/types/program.ts";
import type { FileSource, PackageSource, Program, ProgramSource } from "../../src/server/core/types/types.ts";
import { parseListed, programSource } from "../types/listed.ts";
import { testParser } from "../types/parser.ts";
import { goroot } from "../types/program.ts";
import { writeGenerated } from "./generated.ts";
import { type GoplsTimes, installGopls, measureGopls } from "./gopls.ts";

const USUAL = ["generated", "std", "k8s.io/client-go@v0.37.2"];

/** The goals for an edit, in milliseconds. */
const MEDIAN = 10;
const P95 = 30;
/** The share of gopls's memory that core may take. */
const MEMORY_SHARE = 1 / 3;
const EDITS = 100;

/** A file to type into, and the line to type before. */
interface Target {
  readonly pkg: PackageSource;
  readonly file: FileSource;
  readonly text: string;
  /** Offset of the line. */
  readonly at: number;
}

interface CoreTimes {
  readonly coldMs: number;
  readonly coldMb: number;
  readonly editMs: readonly number[];
  readonly peakMb: number;
}

/** What is typed: a name that is nowhere declared, another one each time, so that gopls has something new to say. */
function statement(i: number): string {
  return `\t_ = typed${i}`;
}

/** Types every expression of the workspace. */
function knowAll(program: Program): void {
  for (const pkg of program.packages) for (const file of pkg.files) for (const d of file.decls) pkg.info(d);
}

function peakMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

/** The end of a function in the middle of the file nearest to 3,000 lines. */
function chooseTarget(source: ProgramSource): Target {
  let best: { pkg: PackageSource; file: FileSource; text: string; away: number } | null = null;
  for (const pkg of source.packages) {
    for (const file of pkg.files) {
      const text = file.text();
      const away = Math.abs(text.split("\n").length - 3000);
      if (best === null || away < best.away) best = { pkg, file, text, away };
    }
  }
  if (best === null) throw new Error("There is no file to type into.");
  return { ...best, at: best.text.indexOf("\n}\n", best.text.length / 2) + 1 };
}

async function measureCore(source: ProgramSource, target: Target): Promise<CoreTimes> {
  const parser = await testParser();
  const start = performance.now();
  let program = createProgram(parser, source);
  knowAll(program);
  const coldMs = performance.now() - start;
  const coldMb = peakMb();
  const { text, at } = target;
  const editMs: number[] = [];
  for (let i = 0; i < EDITS; i++) {
    const typed = `${text.slice(0, at)}${statement(i)}\n${text.slice(at)}`;
    const file: FileSource = { path: target.file.path, version: `edit ${i}`, text: () => typed };
    const files = target.pkg.files.map((f) => (f === target.file ? file : f));
    const pkg: PackageSource = { ...target.pkg, files };
    const packages = source.packages.map((p) => (p === target.pkg ? pkg : p));
    const start = performance.now();
    program = updateProgram(program, { packages, dependency: source.dependency });
    const now = program.packages.find((p) => p.path === pkg.path)!;
    for (const decl of now.files.find((f) => f.path === file.path)!.decls) now.info(decl);
    editMs.push(performance.now() - start);
  }
  return { coldMs, coldMb, editMs, peakMb: peakMb() };
}

const env = { ...process.env, CGO_ENABLED: "0" };

/** The folder to open for one thing to measure. */
function folderOf(what: string, scratch: string): string {
  const lines = /^generated(?:=(\d+))?$/.exec(what);
  if (lines !== null) {
    writeGenerated(Number(lines[1] ?? 200_000), scratch);
    return scratch;
  }
  if (what === "std") return join(goroot(), "src");
  const answer = execFileSync("go", ["mod", "download", "-json", what], { encoding: "utf8", env });
  const folder = join(scratch, "module");
  cpSync((JSON.parse(answer) as { Dir: string }).Dir, folder, { recursive: true });
  makeWritable(folder); // as the module cache is not
  return folder;
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
  }
}

function quantile(times: readonly number[], share: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? 0;
}

/** Prints both and says which goals were missed. */
function report(us: CoreTimes, gopls: GoplsTimes): string[] {
  const [median, p95] = [quantile(us.editMs, 0.5), quantile(us.editMs, 0.95)];
  const rows: [string, number, number, string][] = [
    ["cold start to all packages known", us.coldMs, gopls.cold.settledMs, "ms"],
    ["peak memory, cold start", us.coldMb, gopls.cold.peakMb, "MB"],
    ["edit to fresh answer, median", median, quantile(gopls.warm.editMs, 0.5), "ms"],
    ["edit to fresh answer, 95 of 100", p95, quantile(gopls.warm.editMs, 0.95), "ms"],
    ["peak memory, warm start and edits", us.peakMb, gopls.warm.peakMb, "MB"],
  ];
  for (const [row, ours, theirs, unit] of rows) {
    const shown = [ours, theirs].map((n) => `${n < 100 ? n.toFixed(1) : Math.round(n)} ${unit}`);
    console.log(
      `  ${row.padEnd(34)} core ${shown[0]!.padStart(9)}   gopls ${shown[1]!.padStart(9)}   ratio ${(ours / theirs).toFixed(3)}`,
    );
  }
  const missed = rows
    .filter(([, a, b, unit]) => a > b * (unit === "MB" ? MEMORY_SHARE : 1))
    .map(([row]) => row);
  if (median > MEDIAN) missed.push(`an edit's median above ${MEDIAN} ms`);
  if (p95 > P95) missed.push(`an edit's 95th of 100 above ${P95} ms`);
  return missed;
}

async function measure(what: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "maprace-bench-"));
  try {
    const folder = folderOf(what, scratch);
    const args = ["list", "-e", "-deps", "-json", "./..."];
    const listed = parseListed(
      execFileSync("go", args, { cwd: folder, encoding: "utf8", env, maxBuffer: 2 ** 30 }),
    );
    const source = programSource(listed);
    const target = chooseTarget(source);
    const lines = source.packages
      .flatMap((p) => p.files)
      .reduce((sum, f) => sum + f.text().split("\n").length, 0);
    console.log(
      `${what}: ${source.packages.length} packages, ${lines} lines; edits in ${relative(folder, target.file.path)} (${target.text.split("\n").length} lines)`,
    );
    const us = await measureCore(source, target);
    const gopls = await measureGopls(installGopls(), {
      folder,
      file: relative(folder, target.file.path),
      line: target.text.slice(0, target.at).split("\n").length - 1,
      statement,
      edits: EDITS,
    });
    const missed = report(us, gopls);
    if (missed.length > 0) {
      console.log(`  missed: ${missed.join("; ")}`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const [first, ...more] = process.argv.slice(2);
if (first !== undefined && more.length === 0) await measure(first);
else {
  // Each in a process of its own, whose memory is then its own.
  for (const what of first === undefined ? USUAL : [first, ...more]) {
    const run = spawnSync(process.execPath, [process.argv[1]!, what], { stdio: "inherit" });
    if (run.status !== 0) process.exitCode = 1;
  }
}
