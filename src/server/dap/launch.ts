/**
 * Reads a launch configuration, which people write by hand: decides the defaults and says in a sentence what
 * is wrong with it. What a run then does is left to server/run.
 */
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import type { LaunchConfiguration } from "../../protocol.ts";
import { RunProblem } from "../run/problem.ts";
import type { RunRequest } from "../run/runRequest.ts";

/** The run that `configuration` asks for. Throws a {@link RunProblem} when it makes no sense. */
export function requestOf(configuration: LaunchConfiguration, runtimeSources: string): RunRequest {
  const { program, target = "program", mode = "maps" } = configuration;
  if (typeof program !== "string" || program === "") {
    throw new RunProblem(
      'The launch configuration names no program. Set "program" to the folder of a package main.',
    );
  }
  if (!path.isAbsolute(program)) {
    throw new RunProblem(
      `The program "${program}" is not an absolute path. Write "\${workspaceFolder}/${program}" in the launch configuration.`,
    );
  }
  if (!existsSync(program)) {
    throw new RunProblem(
      `There is no ${program}. Set "program" in the launch configuration to a folder of Go files.`,
    );
  }
  if (target !== "program" && target !== "test") {
    throw new RunProblem(`There is no target "${String(target)}": set "target" to "program" or "test".`);
  }
  if (mode !== "maps" && mode !== "vars" && mode !== "go-race") {
    throw new RunProblem(`There is no mode "${String(mode)}": set "mode" to "maps", "vars" or "go-race".`);
  }
  const folder = statSync(program).isDirectory() ? program : path.dirname(program);
  return {
    target,
    packages: [program],
    args: strings("args", configuration.args),
    cwd: configuration.cwd ?? folder,
    env: environment(configuration.env),
    buildFlags: strings("buildFlags", configuration.buildFlags),
    mode,
    ...(configuration.go === undefined ? {} : { go: configuration.go }),
    ...(configuration.unsaved === undefined ? {} : { unsaved: configuration.unsaved }),
    showKeys: false,
    runtimeSources,
    // Stdin carries the debug protocol.
    stdin: "ignore",
    stdout: "listener",
  };
}

function strings(name: string, value: readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((word) => typeof word === "string")) return value;
  throw new RunProblem(`"${name}" in the launch configuration has to be a list of strings.`);
}

/** Our own environment with the configuration's laid over it; null takes a variable out. */
function environment(own: LaunchConfiguration["env"]): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  // VS Code sets it so that its binary behaves as Node for us; the user's program has no business with it.
  delete env.ELECTRON_RUN_AS_NODE;
  for (const [name, value] of Object.entries(own ?? {})) {
    if (value === null) delete env[name];
    else env[name] = value;
  }
  return env;
}
