/**
 * `npm run bench:core`: how long core takes to know a program. Cold (text to every expression typed), memory,
 * and from an edit in a 3,000-line file to fresh facts about that file; on a generated workspace of 200,000
 * lines, on the standard library, and on modules (`module@version`) given as arguments. The processor's time is
 * printed beside the clock's: it is what a busy machine does not change. Fails when an edit takes too long.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgram, updateProgram } from "../../src/server/core/types/program.ts";
import type { FileSource, PackageSource, Program, ProgramSource } from "../../src/server/core/types/types.ts";
import { parseListed, programSource } from "../types/listed.ts";
import { testParser } from "../types/parser.ts";
import { standardPackage } from "../types/program.ts";
import { generatedWorkspace } from "./generated.ts";

/** The goals for an edit, in milliseconds of the processor. */
const MEDIAN = 10;
const P95 = 30;

/** Types every expression of the workspace. */
function knowAll(program: Program): { files: number; lines: number } {
  let files = 0;
  let lines = 0;
  for (const pkg of program.packages) {
    for (const file of pkg.files) {
      files++;
      lines += file.text.split("\n").length;
      for (const decl of file.decls) pkg.info(decl);
    }
  }
  return { files, lines };
}

function megabytes(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 1e6);
}

function cold(name: string, program: Program): void {
  const start = performance.now();
  const before = process.cpuUsage();
  const { files, lines } = knowAll(program);
  const time = Math.round(performance.now() - start);
  const { user, system } = process.cpuUsage(before);
  console.log(
    `${name}: ${program.packages.length} packages, ${files} files, ${lines} lines known in ${time} ms (processor ${Math.round((user + system) / 1000)} ms), ${megabytes()} MB`,
  );
}

/** Types characters into the body of a function in the middle of the file that is nearest to 3,000 lines. */
function edits(name: string, before: Program, source: ProgramSource): void {
  const size = (text: string): number => Math.abs(text.split("\n").length - 3000);
  const target = source.packages
    .flatMap((pkg) => pkg.files.map((file) => ({ pkg, file, away: size(file.text()) })))
    .sort((a, b) => a.away - b.away)[0];
  if (target === undefined) return;
  const text = target.file.text();
  const middle = text.indexOf("\n}\n", text.length / 2);
  const times: number[] = [];
  const processor: number[] = [];
  let program = before;
  for (let i = 0; i < 300; i++) {
    const typed = `${text.slice(0, middle)}\n\tvar typed${i} = ${i}\n\t_ = typed${i}${text.slice(middle)}`;
    const file: FileSource = { path: target.file.path, version: `edit ${i}`, text: () => typed };
    const pkg: PackageSource = {
      ...target.pkg,
      files: target.pkg.files.map((f) => (f === target.file ? file : f)),
    };
    const next: ProgramSource = {
      packages: source.packages.map((p) => (p === target.pkg ? pkg : p)),
      dependency: source.dependency,
    };
    const start = performance.now();
    const before = process.cpuUsage();
    program = updateProgram(program, next);
    const now = program.packages.find((p) => p.path === pkg.path)!;
    const fresh = now.files.find((f) => f.path === file.path)!;
    for (const decl of fresh.decls) now.info(decl);
    times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1000);
  }
  const quantile = (list: number[], share: number): number =>
    list.sort((a, b) => a - b)[Math.floor(share * (list.length - 1))]!;
  if (quantile(processor, 0.5) > MEDIAN || quantile(processor, 0.95) > P95) process.exitCode = 1;
  const shown = [times, processor].map((list) =>
    [0.5, 0.95, 1].map((q) => quantile(list, q).toFixed(1)).join(" / "),
  );
  console.log(
    `${name}: edit in a file of ${text.split("\n").length} lines to fresh facts, median / p95 / most: ` +
      `${shown[0]} ms (processor ${shown[1]} ms); ${megabytes()} MB`,
  );
}

async function measure(name: string, source: ProgramSource): Promise<void> {
  const program = createProgram(await testParser(), source);
  cold(name, program);
  edits(name, program, source);
}

const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod" };

function listed(dir: string, pattern: string): ProgramSource {
  const args = ["list", "-e", "-deps", "-json", pattern];
  return programSource(
    parseListed(execFileSync("go", args, { cwd: dir, encoding: "utf8", env, maxBuffer: 2 ** 30 })),
  );
}

const scratch = mkdtempSync(join(tmpdir(), "maprace-bench-"));
try {
  const whats = process.argv.slice(2);
  for (const what of whats.length > 0 ? whats : ["generated", "std"]) {
    const lines = /^generated(?:=(\d+))?$/.exec(what);
    if (lines !== null) {
      await measure(what, {
        packages: generatedWorkspace(Number(lines[1] ?? 200_000)),
        dependency: standardPackage,
      });
      continue;
    }
    if (what === "std") {
      await measure(what, listed(scratch, "std"));
      continue;
    }
    const dir = join(scratch, what.replace(/\W+/g, "_"));
    mkdirSync(dir);
    writeFileSync(join(dir, "go.mod"), "module scratch\n\ngo 1.26\n");
    execFileSync("go", ["get", what], { cwd: dir, env, stdio: "ignore" });
    await measure(what, listed(dir, `${what.slice(0, what.indexOf("@"))}/...`));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
