/**
 * Finds the user's `go` command and runs it for its output. Decides what a missing command is told like;
 * which arguments make an instrumented build is left to overlay.ts.
 */
import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { RunProblem } from "./problem.ts";
import { type ProcessTree, startProcessTree } from "./processTree.ts";

/** What a finished `go` command said. */
export interface GoOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * The absolute path of the `go` command: `wanted` when it is given, else the first one on PATH.
 * Throws a {@link RunProblem} when there is none.
 */
export function findGo(wanted: string | undefined, env: NodeJS.ProcessEnv): string {
  if (wanted !== undefined && path.isAbsolute(wanted)) {
    if (isExecutable(wanted)) return wanted;
    throw new RunProblem(
      `There is no Go command at ${wanted}. Set the path of the go command right, or leave it out to use the one on PATH.`,
    );
  }
  const name = wanted ?? "go";
  // PATHEXT decides on Windows; everything else has plain names.
  const endings = process.platform === "win32" ? (env.PATHEXT ?? ".EXE").split(";") : [""];
  for (const folder of (env.PATH ?? env.Path ?? "").split(path.delimiter)) {
    for (const ending of endings) {
      const candidate = path.join(folder, name + ending);
      if (folder !== "" && isExecutable(candidate)) return path.resolve(candidate);
    }
  }
  throw new RunProblem(
    `The ${name} command was not found on PATH. Install Go (https://go.dev/dl/) or add its bin folder to PATH, then run again.`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs `go` to its end and collects its output.
 * @param onStart gets the running tree, so that a stopped run can end the build.
 * @returns also for a failing command: look at `exitCode`.
 */
export async function runGo(
  go: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly onStart?: (tree: ProcessTree) => void;
  },
): Promise<GoOutput> {
  const tree = startProcessTree(go, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  options.onStart?.(tree);
  const started = tree.ended.catch((error: unknown) => {
    throw new RunProblem(
      `The Go command ${go} could not be started in ${options.cwd}. Check that both exist.`,
      "",
      {
        cause: error,
      },
    );
  });
  if (tree.child.pid === undefined) await started;
  const [stdout, stderr, end] = await Promise.all([
    textOf(tree.child.stdout),
    textOf(tree.child.stderr),
    started,
  ]);
  tree.forget();
  return { stdout, stderr, exitCode: end.exitCode };
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}
