/**
 * `maprace run` and `maprace test`: reads the command line, starts the run, forwards Ctrl-C, and decides the
 * exit status. The program's stdout and stderr pass through; reports go to stderr (text), to stdout (json, html:
 * the program's stdout then goes to stderr, so that nothing mixes with the records).
 */
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { CONFLICT_EXIT_CODE, type RunMode } from "../protocol.ts";
import { locatePackages } from "../server/run/packageTarget.ts";
import { RunProblem } from "../server/run/problem.ts";
import type { Exploration, RunRequest } from "../server/run/runRequest.ts";
import { RunSession } from "../server/run/session.ts";
import { splitArguments } from "./buildFlags.ts";
import { openRunOutput, type RunFormat } from "./runOutput.ts";
import { UsageError } from "./usage.ts";

/** The exit status of everything that could not run. */
export const COULD_NOT_RUN = 2;

const MODES: readonly RunMode[] = ["maps", "vars", "go-race"];
const FORMATS: readonly RunFormat[] = ["text", "json", "html"];

/** `maprace run`. @returns the exit status. */
export function runProgram(argv: string[], assets: string): Promise<number> {
  return runTarget("program", argv, assets);
}

/** `maprace test`. @returns the exit status. */
export function runTests(argv: string[], assets: string): Promise<number> {
  return runTarget("test", argv, assets);
}

async function runTarget(target: "program" | "test", argv: string[], assets: string): Promise<number> {
  try {
    return await runOnce(readArguments(target, argv), argv, assets);
  } catch (error) {
    return showProblem(error);
  }
}

/** Shows why something could not run. @returns {@link COULD_NOT_RUN}. Throws what is no {@link RunProblem}. */
export function showProblem(error: unknown): number {
  if (!(error instanceof RunProblem)) throw error;
  if (error.details !== "")
    process.stderr.write(error.details.endsWith("\n") ? error.details : `${error.details}\n`);
  process.stderr.write(`maprace: ${error.message}\n`);
  return COULD_NOT_RUN;
}

interface RunArguments {
  readonly target: "program" | "test";
  readonly mode: RunMode;
  readonly format: RunFormat;
  readonly out: string | undefined;
  readonly showKeys: boolean;
  readonly packages: readonly string[];
  readonly buildFlags: readonly string[];
  readonly args: readonly string[];
  readonly explore?: Exploration;
}

function readArguments(target: "program" | "test", argv: readonly string[]): RunArguments {
  const { own, build, rest } = splitArguments(argv);
  const { values, positionals } = parseArgs({
    args: own,
    allowPositionals: true,
    options: {
      mode: { type: "string", default: "maps" },
      format: { type: "string", default: "text" },
      out: { type: "string" },
      explore: { type: "string" },
      seed: { type: "string" },
      "show-keys": { type: "boolean", default: false },
    },
  });
  const mode = MODES.find((known) => known === values.mode);
  const format = FORMATS.find((known) => known === values.format);
  if (!mode) throw new UsageError(`there is no mode “${values.mode}”; there are ${MODES.join(", ")}`);
  if (!format) throw new UsageError(`there is no format “${values.format}”; there are ${FORMATS.join(", ")}`);
  if (target === "program" && positionals.length > 1 && !positionals.every((name) => name.endsWith(".go"))) {
    throw new UsageError(
      `a run takes one package, not ${positionals.length}; put arguments of the program behind “--”: maprace run ${positionals[0]} -- ${positionals.slice(1).join(" ")}`,
    );
  }
  return {
    target,
    mode,
    format,
    out: values.out,
    showKeys: values["show-keys"],
    packages: positionals,
    buildFlags: build,
    args: rest,
    ...readExploration(values.explore, values.seed, mode),
  };
}

function readExploration(
  runs: string | undefined,
  seed: string | undefined,
  mode: RunMode,
): { explore?: Exploration } {
  if (runs === undefined) {
    if (seed === undefined) return {};
    throw new UsageError("--seed goes with --explore: --explore 5 --seed 7 runs seed 7 five times");
  }
  if (mode === "go-race") throw new UsageError("--explore perturbs our own detector's modes: maps and vars");
  if (!/^[1-9]\d{0,5}$/.test(runs)) throw new UsageError(`--explore takes a number of runs, not “${runs}”`);
  if (seed !== undefined && !/^\d{1,9}$/.test(seed))
    throw new UsageError(`--seed takes a number, not “${seed}”`);
  return { explore: { runs: Number(runs), ...(seed === undefined ? {} : { seed: Number(seed) }) } };
}

async function runOnce(args: RunArguments, argv: readonly string[], assets: string): Promise<number> {
  const cwd = currentFolder();
  const request: RunRequest = {
    ...args,
    cwd,
    env: process.env,
    runtimeSources: path.join(assets, "runtime"),
    stdin: "inherit",
    stdout: args.format === "text" ? "inherit" : "to-stderr",
  };
  const output = openRunOutput({
    format: args.format,
    out: args.out,
    base: locatePackages(cwd, args.packages).base,
    title: `maprace ${args.target === "test" ? "test" : "run"} ${argv.join(" ")}`.trim(),
    assets,
    showsKeys: args.showKeys,
  });
  outliveClosedPipes();
  const session = new RunSession(request, {
    started: () => {},
    record: (record) => output.record(record),
    output: (stream, data) =>
      pass(data, stream === "stdout" && request.stdout === "inherit" ? process.stdout : process.stderr),
    note: (sentence) => process.stderr.write(`maprace: ${sentence}\n`),
    progress: (sentence) => {
      // Logs need no word on what took long; whoever sits at a terminal does.
      if (process.stderr.isTTY) process.stderr.write(`maprace: ${sentence}\n`);
    },
  });
  const stopForwarding = forwardSignals(session);
  try {
    const { end } = await session.finished;
    output.finish();
    return end.conflicts > 0 ? CONFLICT_EXIT_CODE : end.exitCode;
  } finally {
    stopForwarding();
  }
}

/** The current folder as the shell spells it, which may lead through a symbolic link; Go believes PWD likewise. */
function currentFolder(): string {
  const real = process.cwd();
  const spelled = process.env.PWD;
  if (spelled === undefined || !path.isAbsolute(spelled) || !existsSync(spelled)) return real;
  return realpathSync(spelled) === realpathSync(real) ? spelled : real;
}

/** A reader that goes away (`| head`) ends what is printed, not the run: the exit status still counts. */
function outliveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

/** Writes the program's output to ours, no faster than ours is read. */
function pass(data: Buffer, to: NodeJS.WriteStream): void | Promise<void> {
  if (!to.writable || to.write(data)) return;
  return new Promise((resolve) => {
    to.once("drain", resolve);
    to.once("close", resolve);
  });
}

/** The first signal is passed on to the program, which may want to end in order; the second ends it. */
function forwardSignals(session: RunSession): () => void {
  let first = true;
  const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const handler = (): void => {
      if (first) session.interrupt(signal);
      else session.kill();
      first = false;
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
