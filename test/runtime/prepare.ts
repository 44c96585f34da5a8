/** Builds and runs Go programs on the instrumented runtime, for the tests beside it. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Conflict, RunMode } from "../../src/protocol.ts";
import { prepareOverlay } from "../../src/server/run/overlay.ts";

/** The detector's own Go files. */
export const RUNTIME_SOURCES = path.resolve(import.meta.dirname, "../../src/runtime");

/** Where a `go` command lies: the first one on PATH. */
export function goCommand(): string {
  const found = spawnSync(process.platform === "win32" ? "where" : "which", ["go"], {
    encoding: "utf8",
  });
  const first = found.stdout.split("\n")[0]?.trim();
  if (!first) throw new Error("These tests need Go on PATH: https://go.dev/dl/");
  return first;
}

/** A temporary folder, and how to take it away. */
export function scratchFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), "maprace-runtime-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs `go build -o out` or `go test -c -o out` for the package in `cwd`; throws with what the build said. */
export async function buildWatched(
  cwd: string,
  out: string,
  options: {
    mode?: RunMode;
    test?: boolean;
    env?: NodeJS.ProcessEnv;
    buildFlags?: readonly string[];
    cacheDir: string;
    /** The detector's Go files, where they are not the product's. */
    runtimeSources?: string;
  },
): Promise<void> {
  const env = { ...process.env, ...options.env };
  const prepared = await prepareOverlay({
    go: goCommand(),
    mode: options.mode ?? "maps",
    cwd,
    cacheDir: options.cacheDir,
    runtimeSources: options.runtimeSources ?? RUNTIME_SOURCES,
    buildFlags: options.buildFlags ?? [],
    env,
  });
  const verb = options.test ? ["test", "-c", "-vet=off"] : ["build"];
  const built = spawnSync(prepared.go, [...verb, ...prepared.buildArgs, "-o", out, "."], {
    cwd,
    env: { ...env, ...prepared.env },
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`);
}

/** What a watched program did and said. */
export interface WatchedRun {
  readonly process: SpawnSyncReturns<string>;
  /** Every record of the stream, in order. */
  readonly records: readonly { readonly type: string; readonly [field: string]: unknown }[];
  readonly conflicts: readonly Conflict[];
}

/** Runs a watched program to its end and reads its stream. */
export function runWatched(
  program: string,
  args: readonly string[],
  stream: string,
  env: NodeJS.ProcessEnv = {},
): WatchedRun {
  rmSync(stream, { force: true });
  const ended = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, MAPRACE_STREAM: stream, ...env },
    timeout: 120_000,
  });
  return { process: ended, ...readStream(stream) };
}

/** What a program wrote to its stream; nothing when there is none. */
export function readStream(stream: string): Pick<WatchedRun, "records" | "conflicts"> {
  const text = existsSync(stream) ? readFileSync(stream, "utf8") : "";
  const records = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string });
  return {
    records,
    conflicts: records.filter((record) => record.type === "conflict") as unknown as Conflict[],
  };
}
