/** Builds the interpreter with both detectors, runs programs in it and reads what was reported of each. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Conflict } from "../../../src/protocol.ts";
import { buildWatched, goCommand, RUNTIME_SOURCES } from "../prepare.ts";
import { PLACES, placesFile } from "./places.ts";
import type { Op, Program } from "./program.ts";
import type { Pair } from "./verdicts.ts";

/** One run of a program: the log of what happened, and what a detector reported. */
export interface Outcome {
  readonly program: Program;
  readonly log: readonly number[];
  readonly reported: readonly Pair[];
}

/** The interpreter, built on the instrumented runtime in both modes and with Go's own detector. */
export class FuzzSession {
  /** Of the stream's first record: the Go that both are built with. */
  goVersion = "";
  private readonly watched: Readonly<Record<"maps" | "vars", string>>;
  private readonly raced: string;
  private readonly stream: string;
  private readonly reports: string;
  private readonly placeOfLine: (line: number) => { kind: number; p: number };

  private constructor(folder: string, placeOfLine: FuzzSession["placeOfLine"]) {
    this.watched = { maps: path.join(folder, "maps"), vars: path.join(folder, "vars") };
    this.raced = path.join(folder, "raced");
    this.stream = path.join(folder, "stream.jsonl");
    this.reports = path.join(folder, "race");
    this.placeOfLine = placeOfLine;
  }

  /**
   * Builds in a folder, which is the caller's to take away.
   * @param runtimeSources the folder with the detector's Go files.
   */
  static async build(folder: string, runtimeSources = RUNTIME_SOURCES): Promise<FuzzSession> {
    const source = path.join(folder, "interpreter");
    cpSync(path.resolve(import.meta.dirname, "../fixtures/fuzz"), source, { recursive: true });
    const { text, placeOfLine } = placesFile();
    writeFileSync(path.join(source, "places.go"), text);
    const session = new FuzzSession(folder, placeOfLine);
    // The interpreter reaches the runtime's own semaphores.
    const flags = "-ldflags=-checklinkname=0";
    for (const mode of ["maps", "vars"] as const) {
      await buildWatched(source, session.watched[mode], {
        mode,
        cacheDir: path.join(folder, "cache"),
        runtimeSources,
        env: { GOFLAGS: flags },
      });
    }
    const built = spawnSync(
      goCommand(),
      ["build", "-race", "-gcflags=-d=checkptr=0", flags, "-o", session.raced, "."],
      {
        cwd: source,
        encoding: "utf8",
        env: { ...process.env, GOFLAGS: "" },
      },
    );
    if (built.status !== 0) throw new Error(built.stderr);
    return session;
  }

  /** Runs programs in one process on the instrumented runtime. */
  runWatched(batch: readonly Program[], mode: "maps" | "vars"): Outcome[] {
    const [placed, placeOf] = place(batch);
    rmSync(this.stream, { force: true });
    const logs = interpret(this.watched[mode], placed, { MAPRACE_STREAM: this.stream, MAPRACE_MODE: mode });
    const records = readFileSync(this.stream, "utf8").trimEnd().split("\n");
    const reported: Pair[][] = batch.map(() => []);
    for (const line of records) {
      const record = JSON.parse(line) as { type: string; dropped?: number; goVersion?: string };
      if (record.type === "start") this.goVersion = record.goVersion ?? "";
      if (record.type === "end" && record.dropped !== 0)
        throw new Error(`The detector dropped something: ${line}`);
      if (record.type !== "conflict") continue;
      const [a, b] = (record as unknown as Conflict).accesses.map(({ stack }) => {
        const frame = stack.find(({ file }) => file.endsWith("/places.go"));
        if (frame === undefined) throw new Error(`A conflict that is not the program's: ${line}`);
        return placeOf(this.placeOfLine(frame.line));
      });
      if (a === undefined || b === undefined || a.program !== b.program) {
        throw new Error(`A conflict between two programs: ${line}`);
      }
      reported[a.program]?.push([a.place, b.place]);
    }
    if (!records.at(-1)?.includes('"type":"end"')) throw new Error("The stream has no end.");
    return batch.map((program, n) => ({ program, log: logs[n] ?? [], reported: reported[n] ?? [] }));
  }

  /** Runs programs in one process built with Go's own race detector. */
  runRaced(batch: readonly Program[]): Outcome[] {
    const [placed, placeOf] = place(batch);
    const GORACE = `log_path=${this.reports} exitcode=0 atexit_sleep_ms=0 history_size=5 suppress_equal_stacks=0 suppress_equal_addresses=0`;
    const [logs, pid] = interpretWithPid(this.raced, placed, { GORACE });
    const file = `${this.reports}.${pid}`;
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    rmSync(file, { force: true });
    const reported: Pair[][] = batch.map(() => []);
    for (const report of text.split("WARNING: DATA RACE").slice(1)) {
      const [first = "", second = ""] = report.split("\n\n");
      const sides = [first, second].map((side) => {
        const [, line] = /\/places\.go:(\d+)/.exec(side) ?? [];
        return line === undefined ? undefined : placeOf(this.placeOfLine(Number(line)));
      });
      const [a, b] = sides;
      if (a === undefined || b === undefined) throw new Error(`A report that is not understood:${report}`);
      if (a.program !== b.program) throw new Error(`A race between two programs:${report}`);
      reported[a.program]?.push([a.place, b.place]);
    }
    return batch.map((program, n) => ({ program, log: logs[n] ?? [], reported: reported[n] ?? [] }));
  }
}

/** Cuts programs into batches that one process can run: of no kind of map more places than there are. */
export function* batches(programs: Iterable<Program>): Generator<Program[]> {
  let batch: Program[] = [];
  let used: number[] = [];
  for (const program of programs) {
    const needs = placesNeeded(program);
    if (batch.length === MOST_PROGRAMS || needs.some((n, kind) => (used[kind] ?? 0) + n > PLACES)) {
      yield batch;
      batch = [];
      used = [];
    }
    batch.push(program);
    for (const [kind, n] of needs.entries()) used[kind] = (used[kind] ?? 0) + (n ?? 0);
  }
  if (batch.length > 0) yield batch;
}

/** The detector tells of so many conflicts that a process must not run too many programs. */
const MOST_PROGRAMS = 40;

function everyPlace(program: Program): Map<number, number> {
  const kinds = new Map<number, number>();
  const visit = (ops: readonly Op[]): void => {
    for (const { p, o = 0, b } of ops) {
      if (p !== undefined) kinds.set(p, program.maps[o]?.kind ?? 0);
      visit(b ?? []);
    }
  };
  for (const ops of program.goroutines) visit(ops);
  return kinds;
}

function placesNeeded(program: Program): number[] {
  const needs: number[] = [0, 0, 0, 0, 0];
  for (const kind of everyPlace(program).values()) needs[kind] = (needs[kind] ?? 0) + 1;
  return needs;
}

interface Placed {
  readonly program: number;
  readonly place: number;
}

/** The programs of a batch with a line for every place, and which place a line is. */
function place(batch: readonly Program[]): [Program[], (line: { kind: number; p: number }) => Placed] {
  const used: number[] = [];
  const owners = new Map<string, Placed>();
  const placed = batch.map((original, n) => {
    const program = structuredClone(original);
    const lines = new Map<number, number>();
    for (const [p, kind] of everyPlace(program)) {
      const line = used[kind] ?? 0;
      used[kind] = line + 1;
      lines.set(p, line);
      owners.set(`${kind} ${line}`, { program: n, place: p });
    }
    const visit = (ops: readonly Op[]): void => {
      for (const op of ops) {
        if (op.p !== undefined) op.p = lines.get(op.p) ?? 0;
        visit(op.b ?? []);
      }
    };
    for (const ops of program.goroutines) visit(ops);
    return program;
  });
  return [
    placed,
    ({ kind, p }) => {
      const owner = owners.get(`${kind} ${p}`);
      if (owner === undefined) throw new Error(`No program accesses a map at place ${p} of kind ${kind}.`);
      return owner;
    },
  ];
}

function interpret(interpreter: string, programs: readonly Program[], env: NodeJS.ProcessEnv): number[][] {
  return interpretWithPid(interpreter, programs, env)[0];
}

function interpretWithPid(
  interpreter: string,
  programs: readonly Program[],
  env: NodeJS.ProcessEnv,
): [number[][], number] {
  // On several processors the operations of one step run in parallel, but a step takes ten times as long.
  const GOMAXPROCS = (programs[0]?.seed ?? 0) % 4 === 0 ? "2" : "1";
  const ended = spawnSync(interpreter, [], {
    input: programs.map((program) => JSON.stringify(program)).join("\n"),
    encoding: "utf8",
    env: { ...process.env, GOMAXPROCS, ...env },
    maxBuffer: 1 << 30,
    timeout: 120_000,
  });
  if (ended.status !== 0) {
    throw new Error(
      `The interpreter ended with ${ended.status ?? ended.signal}: ${ended.stderr.slice(0, 4000)}`,
    );
  }
  const logs = ended.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as number[]);
  if (logs.length !== programs.length)
    throw new Error(`${programs.length} programs, but ${logs.length} logs.`);
  return [logs, ended.pid];
}
