/**
 * Programs for tests: packages written in the test, with the standard library of the installed Go behind them.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createProgram, updateProgram } from "../../src/server/core/types/program.ts";
import type { FileSource, PackageSource, Program, ProgramSource } from "../../src/server/core/types/types.ts";
import { testParser } from "./parser.ts";

/** Sources by path: `{"/p/a.go": "package p …"}`. Files of one folder are one package, named after the folder. */
export type Sources = Readonly<Record<string, string>>;

/**
 * A program of these sources. A file `/x/y/a.go` belongs to the package with import path `x/y`; test files are
 * part of their package, external tests form the package `x/y_test`. Imports of the standard library are read
 * from GOROOT.
 */
export async function programFrom(sources: Sources): Promise<Program> {
  return createProgram(await testParser(), sourceOf(sources));
}

/** The program after its sources changed; files whose text is the same are the same version. */
export function programAfter(previous: Program, sources: Sources): Program {
  return updateProgram(previous, sourceOf(sources));
}

/** The {@link ProgramSource} of these files. */
export function sourceOf(sources: Sources): ProgramSource {
  const byPackage = new Map<string, FileSource[]>();
  for (const [path, text] of Object.entries(sources)) {
    const dir = path.slice(1, path.lastIndexOf("/"));
    const name = /^package\s+(\w+)/m.exec(text)?.[1] ?? "";
    const key = path.endsWith("_test.go") && name.endsWith("_test") ? `${dir}_test` : dir;
    const file: FileSource = { path, version: text, text: () => text };
    byPackage.set(key, [...(byPackage.get(key) ?? []), file]);
  }
  const packages: PackageSource[] = [...byPackage].map(([path, files]) => ({
    path,
    name: /^package\s+(\w+)/m.exec(files[0]!.text())?.[1] ?? "",
    variant: path.endsWith("_test") ? "xtest" : "",
    dir: files[0]!.path.slice(0, files[0]!.path.lastIndexOf("/")),
    inWorkspace: true,
    goVersion: "1.26",
    files,
    importMap: {},
  }));
  return { packages, dependency: standardPackage };
}

let root: string | null = null;

/** GOROOT of the `go` on PATH. */
export function goroot(): string {
  root ??= execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  return root;
}

const standard = new Map<string, PackageSource | null>();

/** A package of the standard library for linux/amd64 without cgo; null where there is none of this path. */
export function standardPackage(path: string): PackageSource | null {
  const known = standard.get(path);
  if (known !== undefined) return known;
  let dir = `${goroot()}/src/${path}`;
  if (!existsSync(dir)) dir = `${goroot()}/src/vendor/${path}`;
  const source = existsSync(dir) ? readPackage(path, dir) : null;
  standard.set(path, source);
  return source;
}

function readPackage(path: string, dir: string): PackageSource | null {
  const files: FileSource[] = [];
  let name = "";
  for (const entry of readdirSync(dir).sort()) {
    if (!entry.endsWith(".go") || entry.endsWith("_test.go") || !fileNameFits(entry)) continue;
    const file = `${dir}/${entry}`;
    const text = readFileSync(file, "utf8");
    if (!constraintFits(text)) continue;
    name = /^package\s+(\w+)/m.exec(text)?.[1] ?? name;
    files.push({ path: file, version: "", text: () => text });
  }
  if (files.length === 0) return null;
  return { path, name, variant: "", dir, inWorkspace: false, goVersion: "1.26", files, importMap: {} };
}

const SYSTEMS =
  "aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows".split(
    " ",
  );
const MACHINES =
  "386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm".split(" ");

function fileNameFits(name: string): boolean {
  const parts = name.slice(0, -3).split("_").slice(1);
  const last = parts.at(-1) ?? "";
  const before = parts.at(-2) ?? "";
  if (MACHINES.includes(last)) return last === "amd64" && (!SYSTEMS.includes(before) || before === "linux");
  return !SYSTEMS.includes(last) || last === "linux";
}

function constraintFits(text: string): boolean {
  const line = /^\/\/go:build (.*)$/m.exec(text.slice(0, text.search(/^package /m)));
  if (line === null) return true;
  const tags = new Set(["linux", "amd64", "unix", "gc"]);
  const words = line[1]!.match(/[\w.]+|&&|\|\||[!()]/g) ?? [];
  const js = words.map((w) => {
    if (!/^[\w.]+$/.test(w)) return w;
    const version = /^go1\.(\d+)$/.exec(w);
    return version === null ? String(tags.has(w)) : String(Number(version[1]) <= 26);
  });
  return evaluateBoolean(js);
}

/** The value of an expression of `true`, `false`, `!`, `&&`, `||` and parentheses. */
function evaluateBoolean(words: readonly string[]): boolean {
  let at = 0;
  const or = (): boolean => {
    let value = and();
    while (words[at] === "||") {
      at++;
      value = and() || value;
    }
    return value;
  };
  const and = (): boolean => {
    let value = unary();
    while (words[at] === "&&") {
      at++;
      value = unary() && value;
    }
    return value;
  };
  const unary = (): boolean => {
    const word = words[at++];
    if (word === "!") return !unary();
    if (word === "(") {
      const value = or();
      at++;
      return value;
    }
    return word === "true";
  };
  return or();
}
