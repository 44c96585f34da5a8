/**
 * `npm run test:types -- WHAT…`: core against `go/types`, on the standard library (`std`), on the packages of
 * directories, or on modules from the module proxy (`module@version`). Prints the share that agrees and the
 * differences by cause; fails when a goal is missed.
 *
 * Options: `--tests` adds test files, `--show N` prints N differences.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgram } from "../../src/server/core/types/program.ts";
import {
  type Comparison,
  compareFile,
  type FileFacts,
  openComparison,
  rangeKey,
  type Tally,
} from "./compare.ts";
import { type ListedPackage, parseListed, programSource } from "./listed.ts";
import { testParser } from "./parser.ts";

/** The goals: shares in percent. */
const IDENTIFIERS_SAME = 99.9;
const EXPRESSIONS_SAME = 99.5;
const WRONG = 0.02;

const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod" };

function list(dir: string, patterns: readonly string[], tests: boolean): string {
  const args = ["list", "-e", "-deps", ...(tests ? ["-test"] : []), "-json", ...patterns];
  return execFileSync("go", args, {
    cwd: dir,
    encoding: "utf8",
    env,
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** One thing to compare: what `go list` prints for it. */
function listedFor(what: string, scratch: string, tests: boolean): string {
  if (what === "std") return list(scratch, ["std"], tests);
  const at = what.indexOf("@");
  if (at < 0) {
    return /^[a-z]+(\/[a-z0-9]+)*$/.test(what) ? list(scratch, [what], tests) : list(what, ["./..."], tests);
  }
  const dir = join(scratch, what.replace(/\W+/g, "_"));
  execFileSync("mkdir", ["-p", dir]);
  writeFileSync(join(dir, "go.mod"), "module scratch\n\ngo 1.26\n");
  execFileSync("go", ["get", what], { cwd: dir, env, stdio: ["ignore", "ignore", "ignore"] });
  return list(dir, [`${what.slice(0, at)}/...`], tests);
}

/** Reads the oracle's output: facts by package and file. */
function* readFacts(output: string): Generator<{ path: string; failure: string | null; files: FileFacts[] }> {
  let current: { path: string; failure: string | null; files: FileFacts[] } | null = null;
  let types: string[] = [];
  let file: FileFacts | null = null;
  for (let from = 0; from < output.length; ) {
    let to = output.indexOf("\n", from);
    if (to < 0) to = output.length;
    const tag = output[from];
    const rest = output.slice(from + 2, to);
    from = to + 1;
    if (tag === "P") {
      if (current !== null) yield current;
      current = { path: rest, failure: null, files: [] };
      types = [];
    } else if (tag === "X") current!.failure = rest;
    else if (tag === "T") types.push(rest);
    else if (tag === "F") {
      file = { path: rest, identifiers: new Map(), expressions: new Map() };
      current!.files.push(file);
    } else if (tag === "I") {
      const space = rest.indexOf(" ");
      file!.identifiers.set(Number(rest.slice(0, space)), rest.slice(space + 1));
    } else if (tag === "E") {
      const [pos, end, index] = rest.split(" ");
      file!.expressions.set(rangeKey(Number(pos), Number(end)), types[Number(index)]!);
    }
  }
  if (current !== null) yield current;
}

async function compare(listed: string, oracle: string, into: Comparison, keep: number): Promise<void> {
  const packages: ListedPackage[] = parseListed(listed);
  const program = createProgram(await testParser(), programSource(packages));
  const run = spawnSync(oracle, [], { input: listed, maxBuffer: 2 ** 31 - 1 });
  if (run.status !== 0) throw new Error(`The oracle failed: ${run.stderr.toString()}`);
  for (const facts of readFactsIn(run.stdout)) {
    if (facts.failure !== null) {
      // The results are kept: where the module cache lies is nobody's business.
      console.log(`not compared: ${facts.path}: ${facts.failure.replaceAll(/\S*\/pkg\/mod\//g, "")}`);
      continue;
    }
    const pkg = program.packages.find((p) => p.path === facts.path);
    if (pkg === undefined) throw new Error(`core has no package ${facts.path}`);
    for (const file of pkg.files) {
      const expected = facts.files.find((f) => f.path === file.path);
      if (expected !== undefined) compareFile(pkg, file, expected, into, keep);
    }
  }
}

/** The oracle's output can be longer than a string may be: it is read package by package. */
function* readFactsIn(
  output: Buffer,
): Generator<{ path: string; failure: string | null; files: FileFacts[] }> {
  let from = 0;
  while (from < output.length) {
    let to = output.indexOf("\nP ", from);
    to = to < 0 ? output.length : to + 1;
    yield* readFacts(output.subarray(from, to).toString("utf8"));
    from = to;
  }
}

function share(t: Tally): string {
  const all = t.same + t.unknown + t.wrong;
  const percent = (n: number): string => ((100 * n) / Math.max(all, 1)).toFixed(4);
  return `${all}: ${percent(t.same)} % agree, ${percent(t.unknown)} % unknown, ${percent(t.wrong)} % wrong`;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const tests = args.includes("--tests");
  const showAt = args.indexOf("--show");
  const show = showAt < 0 ? 40 : Number(args[showAt + 1]);
  const whats = args.filter((a, i) => !a.startsWith("--") && i !== showAt + (showAt < 0 ? -9 : 1));
  const scratch = mkdtempSync(join(tmpdir(), "maprace-types-"));
  const oracle = join(scratch, "oracle");
  try {
    execFileSync("go", ["build", "-o", oracle, "."], { cwd: "test/types/oracle", env, stdio: "inherit" });
    let missed = false;
    for (const what of whats) {
      const result = openComparison();
      await compare(listedFor(what, scratch, tests), oracle, result, 20_000);
      console.log(
        `${what}\n  identifiers ${share(result.identifiers)}\n  expressions ${share(result.expressions)}${result.respelt > 0 ? ` (${result.respelt} identical, spelt otherwise)` : ""}`,
      );
      console.log(`  places that the grammar could not read: ${result.faults}`);
      printDifferences(result, show);
      missed ||= misses(result);
    }
    process.exitCode = missed ? 1 : 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function misses({ identifiers, expressions }: Comparison): boolean {
  const percent = (n: number, t: Tally): number => (100 * n) / Math.max(1, t.same + t.unknown + t.wrong);
  return (
    percent(identifiers.same, identifiers) < IDENTIFIERS_SAME ||
    percent(expressions.same, expressions) < EXPRESSIONS_SAME ||
    percent(identifiers.wrong, identifiers) > WRONG ||
    percent(expressions.wrong, expressions) > WRONG
  );
}

/** Prints differences, wrong ones first, at most thirty from one file. */
function printDifferences(result: Comparison, show: number): void {
  const perFile = new Map<string, number>();
  const ordered = [...result.differences].sort((a, b) => Number(a.got === "") - Number(b.got === ""));
  let shown = 0;
  for (const d of ordered) {
    const seen = perFile.get(d.file) ?? 0;
    if (seen >= 30 || shown >= show) continue;
    perFile.set(d.file, seen + 1);
    shown++;
    const got = d.got === "" ? "unknown" : d.got;
    console.log(
      `  ${d.what} ${d.file}:${d.line} ${JSON.stringify(d.text)}\n    go: ${d.expected}\n    us: ${got}`,
    );
  }
}

await main();
