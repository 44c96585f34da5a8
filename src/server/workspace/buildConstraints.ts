/**
 * Whether a Go file is part of a build: file name endings, `//go:build` and `// +build` lines, cgo.
 *
 * Also which version of the language a file's constraint asks for. The rules are those of Go's `go/build` package. What the target of the build is (operating system,
 * architecture, tags) is handed in as a {@link BuildTarget}; `goEnvironment.ts` finds it.
 */
import type { FileHead } from "./fileHead.ts";

/** What a build is for, as far as constraints can ask. */
export interface BuildTarget {
  readonly goos: string;
  readonly goarch: string;
  readonly cgo: boolean;
  /** The newest `go1.N` that holds. */
  readonly goMinor: number;
  /** The user's own tags and those of the toolchain (`goexperiment.…`, `amd64.v1`). */
  readonly tags: ReadonlySet<string>;
}

const KNOWN_OS = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos".split(
    " ",
  ),
);
const UNIX = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris".split(" "),
);
const KNOWN_ARCH = new Set(
  (
    "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le " +
    "ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm"
  ).split(" "),
);

/** True where the file of that name and head belongs to a build for `target`. */
export function isInBuild(fileName: string, head: FileHead, target: BuildTarget): boolean {
  if (/^[_.]/.test(fileName) || !fileName.endsWith(".go") || !nameMatches(fileName, target)) {
    return false;
  }
  if (head.packageName === "documentation" || (head.imports.includes("C") && !target.cgo)) {
    return false;
  }
  if (head.goBuild !== null) {
    return evaluate(head.goBuild, target);
  }
  return head.plusBuild.every((line) => plusLineHolds(line, target));
}

/** True where the ending of a file's name (`_linux`, `_arm64`, `_windows_amd64_test`) allows the target. */
export function nameMatches(fileName: string, target: BuildTarget): boolean {
  const stem = fileName.split(".", 1)[0] ?? "";
  const firstUnderscore = stem.indexOf("_");
  if (firstUnderscore < 0) {
    return true;
  }
  const words = stem.slice(firstUnderscore).split("_");
  if (words.at(-1) === "test") {
    words.pop();
  }
  const last = words.at(-1) ?? "";
  const beforeLast = words.at(-2) ?? "";
  if (KNOWN_OS.has(beforeLast) && KNOWN_ARCH.has(last)) {
    return tagHolds(beforeLast, target) && tagHolds(last, target);
  }
  return KNOWN_OS.has(last) || KNOWN_ARCH.has(last) ? tagHolds(last, target) : true;
}

function tagHolds(tag: string, target: BuildTarget): boolean {
  const release = /^go1\.(\d+)$/.exec(tag);
  if (release !== null) {
    return Number(release[1]) <= target.goMinor;
  }
  return (
    tag === target.goos ||
    tag === target.goarch ||
    tag === "gc" ||
    (tag === "cgo" && target.cgo) ||
    (tag === "unix" && UNIX.has(target.goos)) ||
    (tag === "linux" && target.goos === "android") ||
    (tag === "solaris" && target.goos === "illumos") ||
    (tag === "darwin" && target.goos === "ios") ||
    (tag === "boringcrypto" && target.tags.has("goexperiment.boringcrypto")) ||
    target.tags.has(tag)
  );
}

/** One `+build` line: alternatives separated by blanks, each a comma-separated conjunction of tags. */
function plusLineHolds(line: string, target: BuildTarget): boolean {
  return line
    .split(/\s+/)
    .filter((option) => option !== "")
    .some((option) =>
      option
        .split(",")
        .every((term) => (term.startsWith("!") ? !tagHolds(term.slice(1), target) : tagHolds(term, target))),
    );
}

/** A `//go:build` expression. */
type Constraint =
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "not"; readonly x: Constraint }
  | { readonly kind: "and" | "or"; readonly x: Constraint; readonly y: Constraint };

/** Reads a `//go:build` expression; null for one that cannot be read. */
function parseConstraint(expression: string): Constraint | null {
  const tokens = expression.replace(/\/\/.*$/, "").match(/&&|\|\||[!()]|[\p{L}\p{Nd}_.]+|\S/gu) ?? [];
  let at = 0;
  let wellFormed = true;

  function or(): Constraint {
    let x = and();
    while (tokens[at] === "||") {
      at++;
      x = { kind: "or", x, y: and() };
    }
    return x;
  }
  function and(): Constraint {
    let x = not();
    while (tokens[at] === "&&") {
      at++;
      x = { kind: "and", x, y: not() };
    }
    return x;
  }
  function not(): Constraint {
    const token = tokens[at++];
    if (token === "!") {
      return { kind: "not", x: not() };
    }
    if (token === "(") {
      const x = or();
      wellFormed &&= tokens[at++] === ")";
      return x;
    }
    wellFormed &&= token !== undefined && /^[\p{L}\p{Nd}_.]+$/u.test(token);
    return { kind: "tag", tag: token ?? "" };
  }

  const constraint = or();
  return wellFormed && at === tokens.length ? constraint : null;
}

/** Whether a `//go:build` expression holds; one that cannot be read does not, as in go/build. */
function evaluate(expression: string, target: BuildTarget): boolean {
  const holds = (c: Constraint): boolean => {
    switch (c.kind) {
      case "tag":
        return tagHolds(c.tag, target);
      case "not":
        return !holds(c.x);
      case "and":
        return holds(c.x) && holds(c.y);
      case "or":
        return holds(c.x) || holds(c.y);
    }
  };
  const constraint = parseConstraint(expression);
  return constraint !== null && holds(constraint);
}

/**
 * The version of the language that a file's `//go:build` line asks for, as "1.22"; "" where it asks for none. It
 * counts instead of go.mod's, but never as less than 1.21 (go/build/constraint's `GoVersion`, and go/types).
 */
export function goVersionOf(head: FileHead): string {
  const constraint = head.goBuild === null ? null : parseConstraint(head.goBuild);
  const minor = constraint === null ? -1 : impliedMinor(constraint, true);
  return minor < 0 ? "" : `1.${Math.max(minor, 21)}`;
}

/** The least `go1.N` that an expression's being true (or false) implies; -1 where none is. */
function impliedMinor(c: Constraint, isTrue: boolean): number {
  if (c.kind === "not") {
    return impliedMinor(c.x, !isTrue);
  }
  if (c.kind === "tag") {
    const release = /^go1(?:\.(\d+))?$/.exec(c.tag);
    return release === null || !isTrue ? -1 : Number(release[1] ?? 0);
  }
  const [x, y] = [impliedMinor(c.x, isTrue), impliedMinor(c.y, isTrue)];
  return (c.kind === "and") === isTrue ? Math.max(x, y) : Math.min(x, y);
}
