/**
 * `maprace env`: the environment in which any build tool (make, bazel's go, a container build) makes an
 * instrumented binary, as commands for the shell: `eval "$(maprace env)"`.
 */
import { runGo } from "../server/run/goCommand.ts";
import { RunProblem } from "../server/run/problem.ts";
import { prepareBuild } from "./instrumentedBuild.ts";
import { showProblem } from "./run.ts";
import { UsageError } from "./usage.ts";

/** @returns 0 when the environment was printed, 2 when there is none. */
export async function run(argv: string[], assets: string): Promise<number> {
  try {
    const { build, output } = await prepareBuild(argv, assets);
    if (output !== undefined) throw new UsageError("-o belongs to maprace build");
    for (const note of build.notes) process.stderr.write(`maprace: ${note}\n`);
    // Asked of go, because `go env -w` may have set it too, and the variable would hide that.
    const own = await runGo(build.go, ["env", "GOFLAGS"], { cwd: process.cwd(), env: process.env });
    const variables = { ...build.env, GOFLAGS: goFlags(build.buildArgs, own.stdout) };
    process.stdout.write(shellCommands(variables, process.platform === "win32"));
    return 0;
  } catch (error) {
    return showProblem(error);
  }
}

/**
 * GOFLAGS with the instrumented build's flags behind the user's own. `-count=1` keeps a cached test result from
 * passing for a clean one. Throws a {@link RunProblem} for a flag that GOFLAGS cannot carry.
 */
export function goFlags(buildArgs: readonly string[], own: string): string {
  return [own.trim(), ...buildArgs.map(quoted), "-count=1"].filter((word) => word !== "").join(" ");
}

/** Go splits GOFLAGS at spaces; quotes of either kind keep a flag whole, and there is no way to escape them. */
function quoted(flag: string): string {
  if (!/[\s'"]/.test(flag)) return flag;
  const quote = flag.includes("'") ? '"' : "'";
  if (flag.includes(quote)) {
    throw new RunProblem(
      `The flag ${flag} has quotes of both kinds in it, which GOFLAGS cannot carry. Use \`maprace build\` instead.`,
    );
  }
  return `${quote}${flag}${quote}`;
}

/** The commands that set `variables` in a POSIX shell, or in PowerShell. */
export function shellCommands(
  variables: Readonly<Record<string, string | undefined>>,
  powerShell: boolean,
): string {
  return Object.entries(variables)
    .flatMap(([name, value]) => {
      if (value === undefined) return [];
      return powerShell
        ? [`$env:${name} = '${value.replaceAll("'", "''")}'\n`]
        : [`export ${name}='${value.replaceAll("'", "'\\''")}'\n`];
    })
    .join("");
}
