/**
 * `maprace build`: an instrumented binary, for containers and launchers that start it themselves. The binary
 * reports to the file that MAPRACE_STREAM names when it runs.
 */
import { runGo } from "../server/run/goCommand.ts";
import { explainGoFailure } from "../server/run/goFailure.ts";
import { libraryMode } from "../server/run/programBuild.ts";
import { prepareBuild } from "./instrumentedBuild.ts";
import { showProblem } from "./run.ts";
import { UsageError } from "./usage.ts";

/** @returns 0 when the binary was built, 2 when not. */
export async function run(argv: string[], assets: string): Promise<number> {
  try {
    const { build, target, output } = await prepareBuild(argv, assets);
    if (output === undefined) throw new UsageError("name the binary with -o");
    for (const note of build.notes) process.stderr.write(`maprace: ${note}\n`);
    const env = { ...process.env, ...build.env };
    const built = await runGo(build.go, ["build", ...build.buildArgs, "-o", output, ...target.patterns], {
      cwd: target.buildFolder,
      env,
    });
    if (built.exitCode !== 0) throw explainGoFailure(built.stderr, target.buildFolder);
    const start = libraryMode(build.buildArgs) ? "Start the program that loads it" : "Run it";
    process.stderr.write(
      `${built.stderr}maprace: built ${output}. ${start} with MAPRACE_STREAM=FILE in its environment, then show what it found with: maprace open FILE\n`,
    );
    return 0;
  } catch (error) {
    return showProblem(error);
  }
}
