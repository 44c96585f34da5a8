/**
 * What functions are for, told by their names: some run before anybody else can have what they work on, some after
 * everybody is done. Words are chosen so that doubt means silence.
 */
import type { MapUse } from "./mapUses.ts";

/** Functions that by their name make something: nobody else has it yet. */
export const CONSTRUCTS = startsWithWord(["init", "setup", "setUp", "new", "make"]);

/** Functions that by their name set something up: they run before anything else does. */
export const PREPARES = startsWithWord(
  [
    "init",
    "setup",
    "setUp",
    "new",
    "make",
    "open",
    "start",
    "configure",
    "unmarshal",
    "decode",
    "parse",
    "load",
  ],
  ["with", "register", "mount", "must", "build", "use", "handle", "reset", "set(?=[A-Z])", "on(?=[A-Z])"],
);

/** Functions that by their name come when all others are done. */
export const CONCLUDES = startsWithWord(["finalize", "finalise"]);

/** Matches names that begin with one of the words, exported or not. */
function startsWithWord(...words: readonly (readonly string[])[]): RegExp {
  const either = words.flat().map((word) => `[${word[0]}${word[0]!.toUpperCase()}]${word.slice(1)}`);
  return new RegExp(`^(${either.join("|")})`);
}

/** True where a function on the way is called by one of the names. */
export function isCalled(use: MapUse, names: RegExp): boolean {
  const functions = [use.entry, use.access.fn, ...use.access.calls.map((call) => call.fn)];
  return functions.some((fn) => !fn.isLiteral && names.test(fn.node.name.name));
}
