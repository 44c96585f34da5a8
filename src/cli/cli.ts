/**
 * The `maprace` command: finds the subcommand and hands it the rest of the words.
 *
 * Each subcommand is a file of its own, read only when it is asked for. Nobody but this file ends the process.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { productVersion } from "./productVersion.ts";
import { UsageError } from "./usage.ts";

const USAGE = `Maprace finds, proves, shows and fixes unsynchronised access to Go maps.

  maprace check [DIR|FILE…] [--format text|json|sarif] [--min-confidence definite|likely|possible]
      Analyses source. Exit status: 0 nothing found, 1 findings, 2 could not run.
  maprace fix --kind rwmutex|sync-map|atomic|snapshot|sharded|channel --at FILE:LINE [--diff|--write] [DIR]
      Makes one rewrite for the map used at a line: as a diff, or written.
      Exit status: 0 made, 1 nothing to fix there or refused, 2 could not run.
  maprace run [--mode maps|vars|go-race] [--explore N] [--format text|json|html] [--out FILE] [PACKAGE] [-- ARGS…]
  maprace test [the same options] [PACKAGES] [-- TESTFLAGS…]
      Runs a program or its tests under the detector. Exit status: 66 conflicts, else the program's own, 2 could not run.
  maprace build -o BIN [PACKAGE]
      An instrumented binary.
  maprace env
      The variables that make any build tool make one.
  maprace open FILE | unix:PATH
      Shows a recorded run, a -race log or a crash log, as conflicts; or listens at a socket for watched programs, until Ctrl-C.
  maprace lsp | dap
      The language server and the debug adapter on stdio, for editors.

  maprace --help, maprace --version
`;

/** Runs a subcommand with the words after its name; returns the exit status. */
type Subcommand = (argv: string[], assets: string) => Promise<number>;

const SUBCOMMANDS: Readonly<Record<string, () => Promise<Subcommand>>> = {
  check: async () => (await import("./check.ts")).run,
  fix: async () => (await import("./fix.ts")).run,
  run: async () => (await import("./run.ts")).runProgram,
  test: async () => (await import("./run.ts")).runTests,
  build: async () => (await import("./build.ts")).run,
  env: async () => (await import("./env.ts")).run,
  open: async () => (await import("./open.ts")).run,
  dap: async () => (await import("./dap.ts")).run,
  lsp: async () => (await import("./lsp.ts")).run,
};

/** The status of a command that could not do what it was asked to. */
const COULD_NOT_RUN = 2;

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  const assets = dirname(fileURLToPath(import.meta.url));
  if (name === undefined) {
    process.stderr.write(USAGE);
    return COULD_NOT_RUN;
  }
  if (name === "--help" || name === "-h" || name === "help" || asksForHelp(rest)) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (name === "--version" || name === "version") {
    console.log(`maprace ${productVersion(assets)}`);
    return 0;
  }
  const load = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (load === undefined) {
    throw new UsageError(`there is no command “${name}”; there are ${Object.keys(SUBCOMMANDS).join(", ")}`);
  }
  const run = await load();
  return await run(rest, assets);
}

/** True where `--help` is for us: after `--` the words are the program's. */
function asksForHelp(words: readonly string[]): boolean {
  const own = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
  return own.includes("--help") || own.includes("-h");
}

/** What a user is told of a failure: a sentence for what they can mend, the whole story for what we must. */
function explain(error: unknown): string {
  if (error instanceof UsageError || isArgumentError(error)) {
    return `maprace: ${error.message}. See maprace --help.`;
  }
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `maprace: this is a defect of Maprace; please report it with these lines:\n${story}`;
}

/** `util.parseArgs` throws errors of its own for options that it does not know. */
function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

// Whoever reads the output may stop early (`maprace check | head`); that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") {
    throw error;
  }
});

try {
  // The status is set, not exited with, so that what was printed is written out first.
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  process.exitCode = COULD_NOT_RUN;
}
