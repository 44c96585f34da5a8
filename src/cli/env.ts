/**
 * `maprace env`: the environment in which any build tool (make, bazel's go, a container build) makes an
 * instrumented binary, as commands for the shell: `eval "$(maprace env)"`.
 */
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
    const variables = { ...build.env, GOFLAGS: goFlags(build.buildArgs, process.env.GOFLAGS) };
    process.stdout.write(shellCommands(variables, process.platform === "win32"));
    return 0;
  } catch (error) {
    return showProblem(error);
  }
}

/**
 * GOFLAGS with the instrumented build's flags behind the user's own. Go splits GOFLAGS at spaces and has no
 * quotes there, so a flag with a space in it cannot be handed on this way. `-count=1` keeps a cached test
 * result from passing for a clean one.
 */
export function goFlags(buildArgs: readonly string[], own: string | undefined): string {
  const spaced = buildArgs.find((flag) => /\s/.test(flag));
  if (spaced !== undefined) {
    throw new RunProblem(
      `The flag ${spaced} has a space in it, which GOFLAGS cannot carry. Use \`maprace build\`, or a folder without spaces.`,
    );
  }
  const words = (own ?? "").split(/\s+/).filter((word) => word !== "");
  return [...words.filter((word) => !buildArgs.includes(word)), ...buildArgs, "-count=1"].join(" ");
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
