/** Real programs, built with the Go that is installed and run under the detector. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Conflict, RunRecord } from "../../src/protocol.ts";
import { RunProblem } from "../../src/server/run/problem.ts";
import type { RunRequest } from "../../src/server/run/runRequest.ts";
import { RunSession } from "../../src/server/run/session.ts";

// The first build on a machine compiles the standard library.
vi.setConfig({ testTimeout: 240_000 });

const PROGRAMS = fileURLToPath(new URL("fixtures/programs", import.meta.url));
const RUNTIME = fileURLToPath(new URL("../../src/runtime", import.meta.url));

let temporary: string;
const sessions: RunSession[] = [];
const ownTemporary = process.env.TMPDIR;
beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), "maprace-test-"));
  process.env.TMPDIR = temporary;
});
afterEach(async () => {
  for (const session of sessions.splice(0)) {
    session.kill();
    await session.finished.catch(() => {});
  }
  // Whatever happened in a run, nothing of it stays behind.
  expect(readdirSync(temporary)).toEqual([]);
  if (ownTemporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = ownTemporary;
  rmSync(temporary, { recursive: true });
});

/** A run that remembers what it was told, and lets a test wait for something in it. */
class Watched {
  readonly records: RunRecord[] = [];
  readonly notes: string[] = [];
  stdout = "";
  stderr = "";
  readonly session: RunSession;
  #waiting: (() => void)[] = [];

  constructor(request: Partial<RunRequest>) {
    this.session = new RunSession(
      {
        target: "program",
        packages: ["."],
        args: [],
        cwd: PROGRAMS,
        env: process.env,
        buildFlags: [],
        mode: "maps",
        showKeys: false,
        runtimeSources: RUNTIME,
        stdin: "ignore",
        stdout: "listener",
        ...request,
      },
      {
        started: () => {},
        record: (record) => {
          this.records.push(record);
          this.#wake();
        },
        output: (stream, data) => {
          this[stream] += data.toString();
          this.#wake();
        },
        note: (sentence) => this.notes.push(sentence),
        progress: () => {},
      },
    );
    sessions.push(this.session);
    // A test that waits for something else first must not lose the process to an unhandled rejection.
    this.session.finished.catch(() => {});
    this.session.finished.finally(() => this.#wake()).catch(() => {});
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await Promise.race([
        new Promise<void>((resolve) => this.#waiting.push(resolve)),
        this.session.finished.then(() => {
          if (look() === undefined) throw new Error(`never came; stderr: ${this.stderr}`);
        }),
      ]);
    }
  }
}

function conflicts(records: readonly RunRecord[]): Conflict[] {
  return records.filter((record) => record.type === "conflict");
}

function lineOf(file: string, text: string): number {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.findIndex((line) => line.includes(text)) + 1;
}

/** Whether a process still does anything: one that nobody has waited for yet is dead all the same. */
function isAlive(pid: number): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

async function problemOf(request: Partial<RunRequest>): Promise<RunProblem> {
  const error = await new Watched(request).session.finished.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RunProblem);
  return error as RunProblem;
}

test("a conflict arrives while the program still runs; a killed program's stream still counts", async () => {
  const run = new Watched({ packages: ["./racy"], args: ["wait"] });
  const conflict = await run.until(() => conflicts(run.records)[0]);
  expect(run.records[0]).toMatchObject({ type: "start", mode: "maps" });
  expect(conflict.map.type).toBe("map[string]int");
  const file = path.join(PROGRAMS, "racy", "main.go");
  for (const access of conflict.accesses) {
    expect(access.stack[0]).toMatchObject({
      function: "main.count",
      file,
      line: lineOf(file, "hits[page]++"),
    });
    expect(access.goroutine.created[0]).toMatchObject({ function: "main.main", file });
  }
  expect(
    conflict.map.created.some((frame) => frame.file === file && frame.line === lineOf(file, "var hits")),
  ).toBe(true);
  run.session.kill();
  const { end } = await run.session.finished;
  expect(end).toMatchObject({
    type: "end",
    exitCode: 137,
    conflicts: 1,
    truncated: true,
    death: "signal: SIGKILL",
  });
});

test("output passes through, and the status is the program's own", async () => {
  const racy = new Watched({ packages: ["./racy"] });
  const result = await racy.session.finished;
  expect(result.end).toMatchObject({ exitCode: 0, conflicts: 1, dropped: 0 });
  expect(result.end.truncated).toBeUndefined();
  expect(result.conflicts).toHaveLength(1);
  expect([racy.stdout, racy.stderr]).toEqual(["counted\n", "on stderr\n"]);
  expect(racy.records.at(-1)).toEqual(result.end);

  const own = new Watched({
    packages: ["./exit3"],
    args: ["a b", "-x"],
    env: { ...process.env, GREETING: "hej" },
  });
  expect((await own.session.finished).end).toMatchObject({ exitCode: 3, conflicts: 0 });
  expect(own.stdout).toBe("[a b -x] hej\n");
});

test("a panic is told by its own words", async () => {
  const run = new Watched({ packages: ["./panics"] });
  expect((await run.session.finished).end).toMatchObject({
    exitCode: 2,
    death: "panic: assignment to entry in nil map",
  });
});

test("a program that died of a concurrent map access unreported is reported from its own last words", async () => {
  const run = new Watched({ packages: ["./fatal"] });
  const { end, conflicts: found } = await run.session.finished;
  expect(end).toMatchObject({ exitCode: 2, conflicts: 1, death: "fatal error: concurrent map writes" });
  expect(found[0]!.accesses[1].stack[0]).toMatchObject({ function: "main.set", line: 12 });
  expect(conflicts(run.records)).toHaveLength(1);
});

test("an interrupt reaches the program; what ignores it is ended with everything it started", async () => {
  const polite = new Watched({ packages: ["./racy"], args: ["wait"] });
  await polite.until(() => (polite.stdout.includes("counted") ? true : undefined));
  polite.session.interrupt();
  expect((await polite.session.finished).end).toMatchObject({ exitCode: 130, death: "signal: SIGINT" });

  const stubborn = new Watched({ packages: ["./parent"] });
  const pids = await stubborn.until(() => {
    const found = [...stubborn.stdout.matchAll(/pid (\d+)/g)].map((match) => Number(match[1]));
    return found.length === 2 ? found : undefined;
  });
  stubborn.session.interrupt();
  stubborn.session.kill();
  await stubborn.session.finished;
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]));
});

test("a program that starts itself again is one run with the conflicts of both processes", async () => {
  const run = new Watched({ packages: ["./again"] });
  const { end, conflicts: found } = await run.session.finished;
  expect(end).toMatchObject({ exitCode: 7, conflicts: 2, dropped: 0 });
  expect(end.truncated).toBeUndefined();
  expect(found.map((conflict) => [conflict.id, conflict.accesses[1].stack[0]?.function])).toEqual([
    [1, "main.inParent"],
    [2, "main.inChild"],
  ]);
  expect(found[0]!.map.id).not.toBe(found[1]!.map.id);
});

test("exploring runs the program again and says how often a conflict was seen", async () => {
  const run = new Watched({ packages: ["./racy"], explore: { runs: 3 } });
  const { end, conflicts: found } = await run.session.finished;
  expect(end).toMatchObject({ exitCode: 0, conflicts: 1 });
  expect(run.stdout).toBe("counted\ncounted\ncounted\n");
  expect(found[0]).toMatchObject({ count: 3, explored: { runs: 3, seen: 3, seed: 1, replays: 0 } });
});

test("unsaved text takes part in the run, and the file stays as it is", async () => {
  const file = path.join(PROGRAMS, "exit3", "main.go");
  const before = readFileSync(file, "utf8");
  const run = new Watched({
    packages: ["./exit3"],
    unsaved: { [file]: before.replace("os.Exit(3)", "os.Exit(4)") },
  });
  expect((await run.session.finished).end.exitCode).toBe(4);
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("tests run uncached, each with its own binary, and a conflict in one is found", async () => {
  const runs = [new Watched({ target: "test", packages: ["./tested"] })];
  await runs[0]!.session.finished;
  runs.push(new Watched({ target: "test", packages: ["./tested"] }));
  for (const run of runs) {
    expect((await run.session.finished).end).toMatchObject({ exitCode: 0, conflicts: 1 });
    expect(run.stdout).toMatch(/^ok {2}\texample\.com\/programs\/tested\t/);
    expect(run.stdout).not.toContain("(cached)");
  }
  const clean = new Watched({ target: "test", packages: ["./tested"], args: ["-run", "TestClean"] });
  expect((await clean.session.finished).end).toMatchObject({ exitCode: 0, conflicts: 0 });
});

test("Go's own detector gives the same kind of conflicts, and leaves the status to the program", async () => {
  const run = new Watched({ packages: ["./racy"], mode: "go-race" });
  const { end, conflicts: found } = await run.session.finished;
  expect(end.exitCode).toBe(0);
  expect(run.stderr).toBe("on stderr\n");
  const file = path.join(PROGRAMS, "racy", "main.go");
  expect(found.map((conflict) => conflict.accesses.map((access) => access.stack[0]?.file))).toContainEqual([
    file,
    file,
  ]);
  expect(found[0]!.map.type).toBe("map");
});

test("a package of another module is built where it lies", async () => {
  const run = new Watched({ packages: [path.join(PROGRAMS, "exit3")], cwd: path.dirname(PROGRAMS) });
  expect((await run.session.finished).end.exitCode).toBe(3);
});

test("a folder reached by a symbolic link is run under the name it was given", async () => {
  const link = path.join(path.dirname(temporary), `maprace-link-${process.pid}`);
  symlinkSync(PROGRAMS, link, "junction");
  try {
    const run = new Watched({ packages: [path.join(link, "racy")], cwd: path.join(link, "racy") });
    const { conflicts: found } = await run.session.finished;
    expect(found[0]!.accesses[1].stack[0]!.file).toBe(path.join(link, "racy", "main.go"));
  } finally {
    unlinkSync(link);
  }
});

test("a build that fails shows the compiler's words", async () => {
  const problem = await problemOf({ packages: ["./broken"] });
  expect(problem.message).toBe("The program does not build. Correct the errors and run again.");
  expect(problem.details).toMatch(/broken[/\\]main\.go:5:2: undefined: missing/);
  const tests = await problemOf({ target: "test", packages: ["./broken"] });
  expect(tests.message).toMatch(/could not be built/);
});

test("what cannot run says why and what to do", async () => {
  expect((await problemOf({ packages: ["./quiet"] })).message).toMatch(
    /is no program: its package is not main.*maprace test/,
  );
  expect((await problemOf({ target: "test", packages: ["./quiet"] })).message).toMatch(/No test ran/);
  expect((await problemOf({ packages: ["./..."] })).message).toMatch(
    /names several. Name the one package to run/,
  );
  expect((await problemOf({ env: { ...process.env, PATH: "" } })).message).toMatch(
    /go command was not found on PATH.*go\.dev\/dl/,
  );
  expect((await problemOf({ go: path.join(PROGRAMS, "go") })).message).toMatch(/There is no Go command at/);
  expect((await problemOf({ packages: ["./racy"], buildFlags: ["-race"] })).message).toMatch(
    /-race.*go-race/,
  );
  for (const library of [
    { buildFlags: ["-buildmode=c-shared"] },
    { buildFlags: ["--buildmode", "c-shared"] },
    { env: { ...process.env, GOFLAGS: "-tags=x -buildmode=c-shared" } },
  ]) {
    expect((await problemOf({ packages: ["./racy"], ...library })).message).toMatch(
      /makes no program.*maprace build -buildmode=c-shared/,
    );
  }
  const folder = mkdtempSync(path.join(path.dirname(temporary), "maprace-nomod-"));
  cpSync(path.join(path.dirname(PROGRAMS), "no-module"), folder, { recursive: true });
  expect((await problemOf({ cwd: folder })).message).toMatch(/no go\.mod in .* or above it.*go mod init/);
  rmSync(folder, { recursive: true });
});

test("a program in which no detector runs is an error, never clean", async () => {
  // `true` runs in the test binary's place: go test is content, and nothing was watched.
  const problem = await problemOf({ target: "test", packages: ["./tested"], args: ["-exec", "true"] });
  expect(problem.message).toMatch(/never reported from inside it, so nothing is known about its maps/);
});

test("a run that is stopped while it builds ends without starting the program", async () => {
  const run = new Watched({ packages: ["./exit3"] });
  run.session.kill();
  await expect(run.session.finished).rejects.toThrow(/stopped before/);
  expect(run.stdout).toBe("");
});
