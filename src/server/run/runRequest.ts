/** What a caller of server/run asks for. Types only. */
import type { RunMode } from "../../protocol.ts";

/** What to run and how. */
export interface RunRequest {
  readonly target: "program" | "test";
  /** A package, a folder or .go files; for tests any number of patterns. Empty means the package in `cwd`. */
  readonly packages: readonly string[];
  /** The program's arguments, or flags for `go test`. */
  readonly args: readonly string[];
  /** Absolute; where the program runs and what relative packages are relative to. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Build flags of the user's: `-tags`, `-ldflags`, `-mod` and so on. */
  readonly buildFlags: readonly string[];
  readonly mode: RunMode;
  /** The `go` command; found on PATH when absent. */
  readonly go?: string;
  /** Unsaved editor buffers: absolute path to text. */
  readonly unsaved?: Readonly<Record<string, string>>;
  /** Show key values in reports. */
  readonly showKeys: boolean;
  /** Runs the program again and again, the scheduler perturbed around map operations. */
  readonly explore?: Exploration;
  /** The folder with the Go sources of the detector. */
  readonly runtimeSources: string;
  readonly stdin: "inherit" | "ignore";
  /** Where the program's stdout goes: to ours, to our stderr, or to the listener. Stderr always goes to the listener. */
  readonly stdout: "inherit" | "to-stderr" | "listener";
}

/** Repeated runs under perturbed schedules. */
export interface Exploration {
  /** How many, at least 1. */
  readonly runs: number;
  /** The seed of every run; 1, 2, 3 and so on when absent. A seed fixes our perturbation, not Go's scheduler. */
  readonly seed?: number;
}
