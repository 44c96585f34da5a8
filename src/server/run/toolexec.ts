/**
 * Has the program built that stands between the go command and the compiler (src/runtime/toolexec), once for
 * each toolchain, and says how `go build` is told of it. What it does to a compilation is decided there.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { touch } from "./cachePruning.ts";
import { runGo } from "./goCommand.ts";
import { detectorDoesNotCompile } from "./goFailure.ts";
import type { ProcessTree } from "./processTree.ts";
import type { Toolchain } from "./toolchain.ts";

/** What the program is built from and for. */
export interface ToolexecRequest {
  readonly toolchain: Toolchain;
  /** The folder with its Go sources. */
  readonly sources: string;
  readonly cacheDir: string;
  /**
   * An overlay with the instrumented standard library. The program is built on it, silenced, because the
   * build that it serves needs the same packages compiled.
   */
  readonly overlay: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onStart?: (tree: ProcessTree) => void;
}

/** What decides how the program treats a compilation: results of another version are not to be taken for its. */
export function toolexecVersion(sources: string): string {
  const hash = createHash("sha256");
  for (const file of readdirSync(sources).sort()) hash.update(readFileSync(path.join(sources, file)));
  return hash.digest("hex").slice(0, 16);
}

/**
 * The absolute path of the program, built when it is not there yet.
 * @throws RunProblem when it does not build.
 */
export async function buildToolexec(request: ToolexecRequest): Promise<string> {
  const { toolchain, sources, overlay } = request;
  const key = createHash("sha256").update(`${toolchain.goroot}\n${overlay}`).digest("hex").slice(0, 16);
  const folder = path.join(request.cacheDir, "toolexec", key);
  const ending = toolchain.hostOs === "windows" ? ".exe" : "";
  const program = path.join(folder, `maprace-toolexec${ending}`);
  if (touch(program)) return program;
  mkdirSync(folder, { recursive: true });
  const temporary = path.join(folder, `building-${process.pid}${ending}`);
  try {
    const built = await runGo(
      toolchain.go,
      ["build", `-overlay=${overlay}`, "-ldflags=-s -w -X=runtime.mrSilent=1", "-o", temporary, "."],
      {
        cwd: sources,
        // It runs here, whatever is built with it; flags of the user's concern the user's program.
        env: {
          ...request.env,
          ...toolchain.env,
          GOTOOLCHAIN: "local",
          GOENV: "off",
          GOFLAGS: "",
          GOWORK: "off",
          GOOS: toolchain.hostOs,
          GOARCH: toolchain.hostArch,
        },
        ...(request.onStart ? { onStart: request.onStart } : {}),
      },
    );
    if (built.exitCode !== 0) throw detectorDoesNotCompile(built.stderr);
    renameSync(temporary, program);
  } finally {
    rmSync(temporary, { force: true });
  }
  return program;
}

/** `-toolexec=…` for the go command; `users` is the value of the user's own, which runs behind ours. */
export function toolexecFlag(program: string, users: readonly string[]): string {
  const behind = users.length === 0 ? [] : [String(users.length), ...users.map(quoted)];
  return `-toolexec=${[quoted(program), ...behind].join(" ")}`;
}

/** The go command splits the value at spaces; quotes of either kind keep a word whole. */
function quoted(word: string): string {
  if (!/[\s'"]/.test(word)) return word;
  return word.includes("'") ? `"${word}"` : `'${word}'`;
}
