/**
 * Turns a launch configuration of the Go extension (`type: "go"`) into ours: what `"maprace": true` in such a configuration
 * asks for. Decides which attributes mean the same; those that only Delve knows are left out.
 */
import { DEBUG_TYPE } from "../protocol.ts";

/** A launch configuration as VS Code hands it over. */
export interface AnyConfiguration {
  readonly [attribute: string]: unknown;
}

/**
 * Our configuration for `configuration`, or undefined where it does not ask for race detection.
 * @throws {Error} a sentence, where what it asks for cannot be run with detection
 */
export function fromGoConfiguration(configuration: AnyConfiguration): AnyConfiguration | undefined {
  const { maprace, mode = "auto", request, buildFlags, name } = configuration;
  if (maprace !== true) return undefined;
  if (request !== "launch" || !["auto", "debug", "test"].includes(String(mode))) {
    throw new Error(
      `"${String(name)}" cannot run with race detection: that needs "request": "launch" and "mode": "auto", "debug" or "test", because the program is built anew.`,
    );
  }
  const shared = ["name", "program", "args", "env", "cwd", "stopOnConflict"].filter(
    (attribute) => configuration[attribute] !== undefined,
  );
  return {
    type: DEBUG_TYPE,
    request: "launch",
    ...Object.fromEntries(shared.map((attribute) => [attribute, configuration[attribute]])),
    target: mode === "test" ? "test" : "program",
    ...(buildFlags === undefined ? {} : { buildFlags: words(buildFlags) }),
  };
}

/** The Go extension takes flags as a list, or as one text with quotes as in a shell. */
function words(flags: unknown): readonly string[] {
  if (Array.isArray(flags)) return flags.map(String);
  const parts = String(flags).match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  return parts.map((part) => part.replace(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}
