/**
 * Tells Go's build flags from ours on a command line: `maprace run -tags dev ./cmd/server` hands `-tags dev`
 * to every build. Which of them cannot be combined with the detector is for overlay.ts to say.
 */

/** Build flags of `go` that take a value, as `-tags dev` or `-tags=dev`. */
const WITH_VALUE = new Set([
  "asmflags",
  "buildmode",
  "buildvcs",
  "compiler",
  "covermode",
  "coverpkg",
  "exec",
  "gccgoflags",
  "gcflags",
  "installsuffix",
  "ldflags",
  "mod",
  "modfile",
  "overlay",
  "p",
  "pgo",
  "pkgdir",
  "tags",
  "toolexec",
]);
const SWITCHES = new Set([
  "a",
  "asan",
  "cover",
  "linkshared",
  "modcacherw",
  "msan",
  "race",
  "trimpath",
  "v",
  "work",
  "x",
]);
/** Flags whose value is only ever given with `=`. */
const EQUALS_ONLY = new Set(["buildvcs"]);

/** A command line, taken apart. */
export interface SplitArguments {
  /** Ours: options and packages. */
  readonly own: string[];
  /** Go's, each as one word. */
  readonly build: string[];
  /** What follows `--`. */
  readonly rest: string[];
}

/** Takes a command line apart. A flag of `go` counts with one dash or two, up to `--`. */
export function splitArguments(argv: readonly string[]): SplitArguments {
  const own: string[] = [];
  const build: string[] = [];
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const flag = /^--?([a-z]+)(=.*)?$/s.exec(word);
    const name = flag?.[1] ?? "";
    if (SWITCHES.has(name)) {
      build.push(word);
    } else if (WITH_VALUE.has(name)) {
      const next = words[i + 1];
      if (flag![2] !== undefined || EQUALS_ONLY.has(name) || next === undefined) build.push(word);
      else {
        build.push(`${word}=${next}`);
        i++;
      }
    } else {
      own.push(word);
    }
  }
  return { own, build, rest: end < 0 ? [] : argv.slice(end + 1) };
}
