/**
 * `npm run bench:core`: how long core takes to know a program, beside gopls diagnosing the same in the same run.
 *
 *   npm run bench:core -- [WHAT…]     WHAT: generated, generated=LINES, std, module@version, module@version=FILE
 *
 * Without arguments: a generated workspace of 200,000 lines, the standard library, kubernetes' client-go, and grpc.
 * Both open the folder and FILE (or the file nearest to 3,000 lines) from disk, first with an empty cache and then
 * with what that start left in it, each time in a new process. Measured are the time until every expression of that
 * file is typed (gopls: until its first diagnostics), until every expression of all packages is (gopls: until it
 * rests), the time from an edit in the file to fresh facts about it (gopls: to its published diagnostics), the time
 * from the last edit until everything is known again (gopls: until it rests again), and the memory at these moments.
 * What an edit cannot touch keeps its package and its declaration, and need not be asked about again: neither core's
 * users nor gopls do. Fails when a goal is missed.
 *
 * Memory is what stays all day: it is read at rest, when neither has done anything for {@link PAUSE}, the time that
 * V8 and Go's runtime take to give back what they used for work that is over. The most that was resident at any time
 * is compared as well.
 *
 * One row is not like for like, and is marked: on a warm start gopls reads from its cache what it said of packages
 * that nobody opened, and types nothing in them, while core types all of them. The same work is compared on the cold
 * start, and on a warm one by a start of core that knows the opened file alone. After the edits gopls knows what hangs
 * on them and core everything, which where little does (client-go, std) is a harder goal for core's memory.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { keepHeapSmall } from "../../src/cli/memory.ts";
import type { Decl } from "../../src/server/core/syntax/ast.ts";
import { createProgram, updateProgram } from "../../src/server/core/types/program.ts";
import type {
  FileSource,
  Package,
  PackageSource,
  Program,
  ProgramSource,
} from "../../src/server/core/types/types.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";
import { testParser, testWasm } from "../types/parser.ts";
import { goroot } from "../types/program.ts";
import { writeGenerated } from "./generated.ts";
import { type GoplsTimes, installGopls, measureGopls } from "./gopls.ts";

const USUAL = ["generated", "std", "k8s.io/client-go@v0.37.2", "google.golang.org/grpc@v1.68.0=server.go"];

/** The goals for the generated workspace's starts and for every edit, in milliseconds and megabytes. */
const COLD = 4_000;
const WARM = COLD / 3;
const COLD_MB = 500;
const MEDIAN = 10;
const P95 = 30;
/** The share of gopls's memory that core may take. */
const MEMORY_SHARE = 1 / 3;
const EDITS = 100;
/** How long both do nothing before their memory at rest is read, in milliseconds: V8 needs half a minute. */
const PAUSE = 45_000;

/** A file to type into, in its package. */
interface Target {
  readonly pkg: PackageSource;
  readonly file: FileSource;
  readonly text: string;
  /** Offset of the line to type before. */
  readonly at: number;
}

/** What one start of core took. */
interface CoreStart {
  readonly packages: number;
  readonly lines: number;
  /** From start until every expression of the opened file is typed. */
  readonly firstMs: number;
  readonly knownMs: number;
  /** The processor's time until then, that of the worker included: what a busy machine does not change. */
  readonly processorMs: number;
  readonly editMs: readonly number[];
  /** From the last edit until all packages are known again. */
  readonly againMs: number;
  /** Memory resident at rest, after all that was done. */
  readonly restMb: number;
  readonly peakMb: number;
}

/** What the starts of core took: with an empty cache, and then with all of it, for the opened file and for all. */
interface CoreStarts {
  readonly cold: CoreStart;
  readonly opened: CoreStart;
  readonly warm: CoreStart;
}

/** What is typed: a name that is nowhere declared, another one each time, so that gopls has something new to say. */
function statement(i: number): string {
  return `\t_ = typed${i}`;
}

/** The language server works in pieces of this many milliseconds, and handles messages in between. */
const PIECE = 15;

/** What was typed of each package. Another version of a package is another object, as is one of a declaration. */
type Known = WeakMap<Package, WeakSet<Decl>>;

/** Types every expression of the packages that is not known yet. */
async function knowAll(packages: readonly Package[], known: Known): Promise<void> {
  let began = performance.now();
  for (const pkg of packages) {
    const done = known.get(pkg) ?? new WeakSet();
    known.set(pkg, done);
    for (const decl of pkg.files.flatMap((file) => file.decls)) {
      if (done.has(decl)) continue;
      done.add(decl);
      pkg.info(decl);
      if (performance.now() - began < PIECE) continue;
      await new Promise((done) => setImmediate(done));
      began = performance.now();
    }
  }
}

/** The end of a function in the middle of a text: where people type. */
function placeToType(text: string): number {
  return text.indexOf("\n}\n", text.length / 2) + 1;
}

/** The file nearest to 3,000 lines. */
function usualFile(folder: string): string {
  const workspace = new Workspace({ folders: [folder], trusted: false, variables: env });
  const files = workspace.programs().flatMap(({ source }) => source.packages.flatMap((p) => p.files));
  workspace.dispose();
  const away = (f: FileSource): number => Math.abs(linesOf(f.text()) - 3000);
  const [first, ...others] = files.map((f) => ({ path: f.path, away: away(f) }));
  if (first === undefined) throw new Error(`There is no Go program in ${folder}.`);
  return relative(folder, others.reduce((best, f) => (f.away < best.away ? f : best), first).path);
}

function targetIn(source: ProgramSource, path: string): Target | null {
  for (const pkg of source.packages) {
    for (const file of pkg.files) {
      if (file.path !== path) continue;
      const text = file.text();
      return { pkg, file, text, at: placeToType(text) };
    }
  }
  return null;
}

/** Types every expression of a file. */
function knowFile(program: Program, target: Target): void {
  const pkg = program.packages.find((p) => p.path === target.pkg.path && p.variant === target.pkg.variant)!;
  for (const d of pkg.files.find((f) => f.path === target.file.path)!.decls) pkg.info(d);
}

/** What a start of core is asked to know: the opened file, all packages, or all again after every edit. */
type Work = "opened" | "all" | "edits";

/** Opens `folder` and `file` in it, does the work, and rests. Run in a process of its own. */
async function startCore(folder: string, file: string, storage: string, work: Work): Promise<CoreStart> {
  keepHeapSmall(); // as the language server does
  const { runtime, go } = testWasm();
  const start = performance.now();
  const parser = await testParser();
  const workspace = new Workspace({
    folders: [folder],
    trusted: false,
    variables: env,
    cache: {
      storage,
      version: "bench",
      modules: { treeSitterWasm: runtime, goWasm: go },
      worker: join(storage, "syntaxWorker.mjs"),
    },
  });
  const sources = workspace.programs().map(({ source }) => source);
  const path = join(folder, file);
  const opened = sources
    .map((source) => ({ source, target: targetIn(source, path) }))
    .find(({ target }) => target !== null);
  if (!opened?.target) throw new Error(`${file} is part of no Go program in ${folder}.`);
  const { target } = opened;
  let program = createProgram(parser, opened.source);
  knowFile(program, target);
  const firstMs = performance.now() - start;
  const known: Known = new WeakMap();
  const others: Program[] = [];
  if (work !== "opened") {
    await knowAll(program.packages, known);
    for (const source of sources) if (source !== opened.source) others.push(createProgram(parser, source));
    for (const other of others) await knowAll(other.packages, known);
  }
  const knownMs = performance.now() - start;
  const { user, system } = process.cpuUsage();
  const { editMs, edited } = typeInto(target, program, opened.source, work === "edits" ? EDITS : 0);
  program = edited;
  const typed = performance.now();
  if (work === "edits") for (const one of [program, ...others]) await knowAll(one.packages, known);
  const againMs = performance.now() - typed + (editMs.at(-1) ?? 0);
  // The cache is filled in the background: the next start is to find all of it.
  await cacheRests(storage);
  await new Promise((done) => setTimeout(done, PAUSE));
  const restMb = Math.round(process.memoryUsage.rss() / 1024 / 1024);
  const packages = [program, ...others].flatMap((one) => one.packages); // which was held until now
  workspace.dispose();
  return {
    packages: packages.length,
    lines: sources
      .flatMap((source) => source.packages.flatMap((p) => p.files))
      .reduce((sum, f) => sum + linesOf(f.text()), 0),
    firstMs,
    knownMs,
    processorMs: (user + system) / 1000,
    editMs,
    againMs,
    restMb,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

function linesOf(text: string): number {
  return text.split("\n").length;
}

/** Waits until nothing has been written to the cache for three seconds. */
async function cacheRests(storage: string): Promise<void> {
  const size = (): number =>
    readdirSync(storage, { recursive: true, encoding: "utf8" }).reduce(
      (sum, name) => sum + (statSync(join(storage, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  for (let before = -1, now = size(); now !== before; before = now, now = size())
    await new Promise((done) => setTimeout(done, 3_000));
}

/** The time from each edit to all facts about the edited file, in milliseconds, and the program after the last. */
function typeInto(
  target: Target,
  before: Program,
  source: ProgramSource,
  edits: number,
): { readonly editMs: readonly number[]; readonly edited: Program } {
  const { text, at } = target;
  const editMs: number[] = [];
  let program = before;
  for (let i = 0; i < edits; i++) {
    const typed = `${text.slice(0, at)}${statement(i)}\n${text.slice(at)}`;
    const file: FileSource = { path: target.file.path, version: `edit ${i}`, text: () => typed };
    const files = target.pkg.files.map((f) => (f === target.file ? file : f));
    const pkg: PackageSource = { ...target.pkg, files };
    const packages = source.packages.map((p) => (p === target.pkg ? pkg : p));
    const start = performance.now();
    program = updateProgram(program, { packages, dependency: source.dependency });
    knowFile(program, target);
    editMs.push(performance.now() - start);
  }
  return { editMs, edited: program };
}

const env = { ...process.env, CGO_ENABLED: "0" };

/** The folder to open for one thing to measure, made in `scratch` where it is not there. */
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
  execFileSync("go", ["mod", "download"], { cwd: folder, env, stdio: "ignore" });
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

/** The row in which gopls does less than core: it has a goal of its own. */
const UNLIKE = "* warm start to all packages known";

/** Prints both and says which goals were missed. */
function report(what: string, { cold, opened, warm }: CoreStarts, gopls: GoplsTimes): string[] {
  const [median, p95] = [quantile(warm.editMs, 0.5), quantile(warm.editMs, 0.95)];
  const rows: [string, number, number, string][] = [
    ["cold start to the opened file known", cold.firstMs, gopls.cold.firstMs, "ms"],
    ["warm start to the opened file known", warm.firstMs, gopls.warm.firstMs, "ms"],
    ["cold start to all packages known", cold.knownMs, gopls.cold.settledMs, "ms"],
    [UNLIKE, warm.knownMs, gopls.warm.settledMs, "ms"],
    ["edit to fresh answer, median", median, quantile(gopls.warm.editMs, 0.5), "ms"],
    ["edit to fresh answer, 95 of 100", p95, quantile(gopls.warm.editMs, 0.95), "ms"],
    ["last edit to all known again", warm.againMs, gopls.warm.againMs, "ms"],
    ["memory, cold, all packages known", cold.restMb, gopls.cold.settledMb, "MB"],
    ["memory, warm, opened file known", opened.restMb, gopls.warm.settledMb, "MB"],
    ["memory, warm, all known after edits", warm.restMb, gopls.warm.againMb, "MB"],
    ["peak memory, cold start", cold.peakMb, gopls.cold.peakMb, "MB"],
    ["peak memory, warm start and edits", warm.peakMb, gopls.warm.peakMb, "MB"],
  ];
  for (const [row, ours, theirs, unit] of rows) {
    const shown = [ours, theirs].map((n) => `${n < 100 ? n.toFixed(1) : Math.round(n)} ${unit}`);
    console.log(
      `  ${row.padEnd(36)} core ${shown[0]!.padStart(9)}   gopls ${shown[1]!.padStart(9)}   ratio ${(ours / theirs).toFixed(3)}`,
    );
  }
  console.log("  * not like for like: gopls types the opened file's package alone on a warm start");
  const seconds = (start: CoreStart): string => `${(start.processorMs / 1000).toFixed(1)} s`;
  console.log(`  of core's starts, the processor's time: cold ${seconds(cold)}, warm ${seconds(warm)}`);
  const missed = rows
    .filter(([row, a, b, unit]) => row !== UNLIKE && a > b * (unit === "MB" ? MEMORY_SHARE : 1))
    .map(([row]) => row);
  if (median > MEDIAN) missed.push(`an edit's median above ${MEDIAN} ms`);
  if (p95 > P95) missed.push(`an edit's 95th of 100 above ${P95} ms`);
  if (what === "generated") {
    if (cold.knownMs > COLD) missed.push(`a cold start above ${COLD} ms`);
    if (warm.knownMs > WARM) missed.push(`a warm start above ${Math.round(WARM)} ms`);
    if (cold.peakMb > COLD_MB) missed.push(`a cold start above ${COLD_MB} MB`);
  }
  return missed;
}

/** Starts core in a new process, whose memory is then its own. */
function start(folder: string, file: string, storage: string, work: Work): CoreStart {
  const out = join(storage, "answer.json");
  const args = [process.argv[1]!, "--start", folder, file, storage, work, out];
  const run = spawnSync(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (run.status !== 0 || !existsSync(out)) throw new Error("core did not start.");
  return JSON.parse(readFileSync(out, "utf8")) as CoreStart;
}

async function measure(what: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "maprace-bench-"));
  const storage = mkdtempSync(join(tmpdir(), "maprace-bench-cache-"));
  try {
    await build({
      entryPoints: ["src/server/workspace/syntaxWorker.ts"],
      outfile: join(storage, "syntaxWorker.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    const [thing = what, named] = what.startsWith("generated") ? [what] : what.split("=");
    const folder = folderOf(thing, scratch);
    const file = named ?? usualFile(folder);
    const text = readFileSync(join(folder, file), "utf8");
    const cold = start(folder, file, storage, "all");
    console.log(
      `${what}: ${cold.packages} packages, ${cold.lines} lines; edits in ${file} (${linesOf(text)} lines)`,
    );
    const opened = start(folder, file, storage, "opened");
    const warm = start(folder, file, storage, "edits");
    const gopls = await measureGopls(installGopls(), {
      folder,
      file,
      line: linesOf(text.slice(0, placeToType(text))) - 1,
      statement,
      edits: EDITS,
      pauseMs: PAUSE,
      elsewhere: null,
    });
    const missed = report(what, { cold, opened, warm }, gopls);
    if (missed.length > 0) {
      console.log(`  missed: ${missed.join("; ")}`);
      process.exitCode = 1;
    }
  } finally {
    for (const folder of [scratch, storage]) rmSync(folder, { recursive: true, force: true });
  }
}

const whats = process.argv.slice(2);
const [asked, folder, file, storage, work, out] = whats;
if (asked === "--start") {
  writeFileSync(out!, JSON.stringify(await startCore(folder!, file!, storage!, work as Work)));
  process.exit(0);
}
for (const what of whats.length > 0 ? whats : USUAL) await measure(what);
