/**
 * What `maprace check` finds among Go's own tests of its race detector, and how long it takes, beside the
 * analyzers that people run already: `go vet`, staticcheck and gopls, in the same run, and Chronos, which looks for races, where
 * it can be had. Chronos is timed by function, the others for all of the tests.
 *
 *   npm run bench -- analyzers
 *
 * A test whose name says `NoRace` is free of races; those in `goRaceTests.ts` race on a map. An analyzer has
 * found a race where it says anything about a line of the function: that is more than it may mean.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyGoRaceTests, OF_LEN_AND_VARIABLES, OF_THE_MAP } from "../cases/goRaceTests.ts";
import { installChronos, lookAt, makeProgram, PROGRAM } from "./chronos.ts";
import { installGopls } from "./gopls.ts";

const STATICCHECK = "v0.7.0";

/** A function of the tests: the lines that it takes. */
interface TestFunction {
  readonly name: string;
  readonly file: string;
  readonly first: number;
  readonly last: number;
}

function functionsIn(module: string): TestFunction[] {
  return readdirSync(module)
    .filter((file) => file.endsWith(".go"))
    .flatMap((file) => {
      const lines = readFileSync(join(module, file), "utf8").split("\n");
      return lines.flatMap((line, i): TestFunction[] => {
        const name = /^func (Test\w+)\(/.exec(line)?.[1];
        const length = lines.slice(i).indexOf("}");
        return name === undefined ? [] : [{ name, file, first: i + 1, last: i + 1 + length }];
      });
    });
}

/** Runs an analyzer in the module; returns the functions that it has something to say about, and its time. */
function analyse(
  module: string,
  command: string,
  args: readonly string[],
  functions: readonly TestFunction[],
) {
  const started = performance.now();
  const { stdout, stderr, error } = spawnSync(command, args, { cwd: module, encoding: "utf8" });
  if (error) throw error;
  const milliseconds = performance.now() - started;
  const named = new Set<string>();
  for (const [, file, line] of `${stdout}\n${stderr}`.matchAll(/(\w+_test\.go):(\d+)/g)) {
    const at = functions.find((f) => f.file === file && f.first <= Number(line) && Number(line) <= f.last);
    if (at) named.add(at.name);
  }
  return { milliseconds, named };
}

/** The path of staticcheck, installed by the Go command into a folder that later runs find again. */
function installStaticcheck(): string {
  const bin = join(tmpdir(), `maprace-staticcheck-${STATICCHECK}`);
  const path = join(bin, process.platform === "win32" ? "staticcheck.exe" : "staticcheck");
  if (!existsSync(path)) {
    mkdirSync(bin, { recursive: true });
    const env = { ...process.env, GOBIN: bin, GOFLAGS: "-mod=mod" };
    const made = spawnSync("go", ["install", `honnef.co/go/tools/cmd/staticcheck@${STATICCHECK}`], { env });
    if (made.status !== 0) throw new Error(`staticcheck could not be installed: ${String(made.stderr)}`);
  }
  return path;
}

const folder = mkdtempSync(join(tmpdir(), "maprace-analyzers-"));
try {
  const module = join(folder, "racetests");
  copyGoRaceTests(module);
  const functions = functionsIn(module);
  const racy = [...OF_THE_MAP, ...OF_LEN_AND_VARIABLES];
  const free = functions.map(({ name }) => name).filter((name) => name.startsWith("TestNoRace"));
  const cli = join(import.meta.dirname, "../../dist/cli.js");
  const analyzers: readonly (readonly [string, string, readonly string[]])[] = [
    ["maprace check", process.execPath, [cli, "check", "."]],
    ["go vet", "go", ["vet", "."]],
    [`staticcheck ${STATICCHECK}`, installStaticcheck(), ["."]],
    ["gopls check", installGopls(), ["check", ...new Set(functions.map((f) => f.file))]],
  ];
  const measured = analyzers.map(([name, command, args]) => {
    // The first run fills caches; people run analyzers again and again.
    analyse(module, command, args, functions);
    const { named, milliseconds } = analyse(module, command, args, functions);
    return {
      analyzer: name,
      [`map races found of ${racy.length}`]: racy.filter((one) => named.has(one)).length,
      [`race-free flagged of ${free.length}`]: free.filter((one) => named.has(one)).length,
      milliseconds: Math.round(milliseconds),
    };
  });
  const chronos = installChronos();
  if ("path" in chronos) {
    const program = join(folder, PROGRAM);
    copyGoRaceTests(program);
    makeProgram(program);
    const looks = new Map([...racy, ...free].map((one) => [one, lookAt(chronos.path, program, one)]));
    const times = [...looks.values()].map((look) => look.milliseconds).sort((a, b) => a - b);
    measured.push({
      analyzer: "Chronos, one function (median)",
      [`map races found of ${racy.length}`]: racy.filter((one) => looks.get(one)?.found).length,
      [`race-free flagged of ${free.length}`]: free.filter((one) => looks.get(one)?.found).length,
      milliseconds: Math.round(times[Math.floor(times.length / 2)] ?? 0),
    });
  } else console.log(`Chronos: ${chronos.reason}.`);
  console.table(measured);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
