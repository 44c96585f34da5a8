/**
 * `maprace run` and `maprace test`: reads the command line, starts the run, forwards Ctrl-C, and decides the
 * exit status. The program's stdout and stderr pass through; reports go to stderr (text), to stdout (json, html:
 * the program's stdout then goes to stderr, so that nothing mixes with the records).
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { CONFLICT_EXIT_CODE, type RunMode } from "../protocol.ts";
import { locatePackages } from "../server/run/packageTarget.ts";
import { RunProblem } from "../server/run/problem.ts";
import { type RunRequest, RunSession } from "../server/run/session.ts";
import { splitArguments } from "./buildFlags.ts";
import { openRunOutput, type RunFormat } from "./runOutput.ts";

/** The exit status of everything that could not run. */
export const COULD_NOT_RUN = 2;

const MODES: readonly RunMode[] = ["maps", "vars", "go-race"];
const FORMATS: readonly RunFormat[] = ["text", "json", "html"];

const USAGE = {
  program: `usage: maprace run [--mode maps|vars|go-race] [--explore N] [--show-keys] [--format text|json|html]
                   [--out FILE] [GO BUILD FLAGS] [PACKAGE] [-- ARGS…]`,
  test: `usage: maprace test [--mode maps|vars|go-race] [--explore N] [--show-keys] [--format text|json|html]
                    [--out FILE] [GO BUILD FLAGS] [PACKAGES] [-- TESTFLAGS…]`,
};

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
}

function readArguments(target: "program" | "test", argv: readonly string[]): RunArguments {
  const { own, build, rest } = splitArguments(argv);
  const { values, positionals } = parseOwn(target, own);
  const mode = MODES.find((known) => known === values.mode);
  const format = FORMATS.find((known) => known === values.format);
  if (!mode) throw new RunProblem(`There is no mode "${values.mode}": it is one of ${MODES.join(", ")}.`);
  if (!format)
    throw new RunProblem(`There is no format "${values.format}": it is one of ${FORMATS.join(", ")}.`);
  if (target === "program" && positionals.length > 1 && !positionals.every((name) => name.endsWith(".go"))) {
    throw new RunProblem(
      `A run takes one package, not ${positionals.length}. Put arguments of the program behind "--": maprace run ${positionals[0]} -- ${positionals.slice(1).join(" ")}`,
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
  };
}

function parseOwn(target: "program" | "test", own: string[]) {
  try {
    return parseArgs({
      args: own,
      allowPositionals: true,
      options: {
        mode: { type: "string", default: "maps" },
        format: { type: "string", default: "text" },
        out: { type: "string" },
        "show-keys": { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new RunProblem(`${(error as Error).message}\n${USAGE[target]}`, "", { cause: error });
  }
}

async function runOnce(args: RunArguments, argv: readonly string[], assets: string): Promise<number> {
  const cwd = process.cwd();
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
  });
  const session = new RunSession(request, {
    started: () => {},
    record: (record) => output.record(record),
    output: (stream, data) => {
      const to = stream === "stdout" && request.stdout === "inherit" ? process.stdout : process.stderr;
      to.write(data);
    },
    note: (sentence) => process.stderr.write(`maprace: ${sentence}\n`),
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
