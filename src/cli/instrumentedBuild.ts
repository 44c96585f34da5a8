/**
 * What `maprace build` and `maprace env` share: their options, and the instrumented build of the package that
 * they name. The build itself is overlay.ts.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { findGo } from "../server/run/goCommand.ts";
import { type PreparedBuild, prepareOverlay } from "../server/run/overlay.ts";
import { locatePackages, type PackageTarget } from "../server/run/packageTarget.ts";
import { cacheFolder } from "../server/run/programBuild.ts";
import { splitArguments } from "./buildFlags.ts";
import { UsageError } from "./usage.ts";

/** A build that is ready to be made, here or by another tool. */
export interface InstrumentedBuild {
  readonly build: PreparedBuild;
  readonly target: PackageTarget;
  /** What `-o` names; undefined when it was not given. */
  readonly output: string | undefined;
}

/** Reads `argv` and prepares the build. Throws a {@link RunProblem} when there is no such build. */
export async function prepareBuild(argv: readonly string[], assets: string): Promise<InstrumentedBuild> {
  const { own, build: buildFlags, rest } = splitArguments(argv);
  const { values, positionals } = parseArgs({
    args: [...own, ...rest],
    allowPositionals: true,
    options: { mode: { type: "string", default: "maps" }, output: { type: "string", short: "o" } },
  });
  if (values.mode !== "maps" && values.mode !== "vars") {
    throw new UsageError(
      `there is no mode “${values.mode}” to build in; there are maps and vars (for Go's own detector, go build -race is all it takes)`,
    );
  }
  const cwd = process.cwd();
  const target = locatePackages(cwd, positionals);
  const build = await prepareOverlay({
    go: findGo(undefined, process.env),
    mode: values.mode,
    cwd: target.buildFolder,
    cacheDir: cacheFolder(process.env),
    runtimeSources: path.join(assets, "runtime"),
    env: process.env,
    buildFlags,
  });
  return {
    build,
    target,
    output: values.output === undefined ? undefined : path.resolve(cwd, values.output),
  };
}
