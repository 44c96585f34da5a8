/**
 * `npm run test:std`: the standard library's own tests under the detector, in both modes, and the long ones of
 * some packages. They pass as they pass without it, and every conflict is in reviewed.json with the sentence that explains it. What was run is kept in
 * result.json beside this file. PACKAGES in the environment names some of the packages alone.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Conflict, RunMode } from "../../src/protocol.ts";
import { goCommand, scratchFolder } from "../runtime/prepare.ts";

const CLI = path.resolve(import.meta.dirname, "../../dist/cli.js");
const RESULT = path.join(import.meta.dirname, "result.json");
const REVIEWED = path.join(import.meta.dirname, "reviewed.json");

/** The packages, and which of their tests where not all are of interest. */
const PACKAGES: Readonly<Record<string, string>> = {
  sync: "",
  "sync/atomic": "",
  "internal/sync": "",
  context: "",
  "container/heap": "",
  "container/list": "",
  "container/ring": "",
  maps: "",
  iter: "",
  unique: "",
  weak: "",
  time: "",
  expvar: "",
  "testing/synctest": "",
  "encoding/json": "",
  "encoding/gob": "",
  reflect: "",
  "text/template": "",
  "html/template": "",
  "log/slog": "",
  "database/sql": "",
  "go/types": "",
  "net/rpc": "",
  "net/textproto": "",
  "net/http/httptest": "",
  "net/http": "",
  "os/exec": "",
  runtime: "Map|Cleanup|Finalizer|Synctest",
};

/** The packages whose long tests are run too. */
const LONG = ["sync", "net/http", "runtime"];

/** One run of a package's tests. */
interface Run {
  readonly name: string;
  readonly mode: RunMode;
  readonly tests: "short" | "all";
}

/** A conflict that someone looked at. */
interface Reviewed {
  readonly package: string;
  readonly conflict: string;
  /** Why the two accesses race, or why they do not and are reported all the same. */
  readonly why: string;
}

interface Outcome {
  package: string;
  mode: RunMode;
  tests: Run["tests"];
  date: string;
  go: string;
  passed: number;
  passedWithout: number;
  failed: string[];
  failedWithout: string[];
  conflicts: string[];
}

const { folder, remove } = scratchFolder();
const reviewed = JSON.parse(readFileSync(REVIEWED, "utf8")) as Reviewed[];
const asked = process.env.PACKAGES?.split(" ") ?? Object.keys(PACKAGES);

// The module's Go version decides how the library behaves: it has to be this one.
beforeAll(() => void run(goCommand(), ["mod", "init", "stdtests"]));

afterAll(remove);

const runs: Run[] = asked.flatMap((name) => [
  { name, mode: "maps", tests: "short" },
  { name, mode: "vars", tests: "short" },
  ...(LONG.includes(name) ? [{ name, mode: "maps", tests: "all" } as const] : []),
]);

test.each(runs)("$name, mode $mode, $tests tests", ({ name, mode, tests }) => {
  const pattern = PACKAGES[name] ?? "";
  const flags = [
    "-test.v",
    ...(tests === "short" ? ["-test.short"] : []),
    ...(pattern === "" ? [] : [`-test.run=${pattern}`]),
  ];
  // Without -v of its own, go test shows what a passing test printed to nobody.
  const plain = run(goCommand(), ["test", "-vet=off", "-count=1", "-v", name, "-args", ...flags]);
  const watched = run(process.execPath, [
    CLI,
    "test",
    "--mode",
    mode,
    "--format",
    "json",
    name,
    "--",
    ...flags,
  ]);
  const records = watched.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { type: string; dropped?: number });
  const conflicts = records.filter(({ type }) => type === "conflict") as unknown as Conflict[];
  const outcome = {
    package: name,
    mode,
    tests,
    date: new Date().toISOString().slice(0, 10),
    go: run(goCommand(), ["env", "GOVERSION"]).stdout.trim(),
    passed: testsThat("PASS", watched.stderr).length,
    passedWithout: testsThat("PASS", plain.stdout).length,
    failed: testsThat("FAIL", watched.stderr),
    failedWithout: testsThat("FAIL", plain.stdout),
    conflicts: [...new Set(conflicts.map(describeConflict))].sort(),
  };
  keep(outcome);
  const end = records.at(-1);
  expect(end, watched.stderr.slice(-4000)).toMatchObject({ type: "end", dropped: 0 });
  expect(outcome.passed, watched.stderr.slice(-4000)).toBeGreaterThan(0);
  expect(outcome.failed, watched.stderr.slice(-4000)).toEqual(outcome.failedWithout);
  expect(outcome.passedWithout).toBeGreaterThan(0);
  // Some tests skip themselves where there is a race detector.
  const ended = [...testsThat("PASS", watched.stderr), ...testsThat("SKIP", watched.stderr)];
  expect(testsThat("PASS", plain.stdout).filter((passed) => !ended.includes(passed))).toEqual([]);
  const known = reviewed.filter((entry) => entry.package === name).map(({ conflict }) => conflict);
  expect(outcome.conflicts.filter((conflict) => !known.includes(conflict))).toEqual([]);
});

/** Puts what came of a run in the place of what came of it last time. */
function keep(outcome: Outcome): void {
  const kept = existsSync(RESULT) ? (JSON.parse(readFileSync(RESULT, "utf8")) as Outcome[]) : [];
  const others = kept.filter(
    (other) =>
      other.package !== outcome.package || other.mode !== outcome.mode || other.tests !== outcome.tests,
  );
  writeFileSync(RESULT, `${JSON.stringify([...others, outcome], undefined, 2)}\n`);
}

function run(command: string, args: string[]): { stdout: string; stderr: string } {
  return spawnSync(command, args, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 30 });
}

/** The top-level tests that passed, failed or skipped themselves, sorted. */
function testsThat(verdict: "PASS" | "FAIL" | "SKIP", output: string): string[] {
  return [...output.matchAll(new RegExp(`^--- ${verdict}: (\\S+)`, "gm"))]
    .map(([, name = ""]) => name)
    .sort();
}

/** Which map, and what each side did in which function: what stays the same when lines move. */
function describeConflict({ map, accesses }: Conflict): string {
  const sides = accesses.map(({ kind, stack }) => `${kind} in ${stack[0]?.function ?? "a lost stack"}`);
  return `${map.type}: ${sides.sort().join(", ")}`;
}
