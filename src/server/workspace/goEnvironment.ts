/**
 * Where Go lies and what it builds for: found by reading files and variables alone, or asked of `go env`.
 *
 * No process is started here; the answer of `go env` is handed in by `goList.ts`.
 */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import type { BuildTarget } from "./buildConstraints.ts";
import { folderOf, realPath, toSlash } from "./paths.ts";

/** The Go installation and the build that packages are loaded for. */
export interface GoEnvironment {
  /** The standard library's root; null where there is no Go. */
  readonly goroot: string | null;
  /** The module cache; it need not exist. */
  readonly modcache: string;
  /** "go1.26.8"; "" without Go. */
  readonly version: string;
  readonly target: BuildTarget;
  /** GOWORK as set: "" looks for a go.work, "off" does not, anything else names one. */
  readonly gowork: string;
  /** The value of `-mod` in GOFLAGS; "" where it is not set. */
  readonly modFlag: string;
}

/** Variables of a process environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Finds Go without starting it: variables, Go's own settings files, PATH and the usual places. */
export function findGo(variables: Variables): GoEnvironment {
  const userSettings = readSettings(userSettingsFile(variables));
  const set = (name: string): string => variables[name] || userSettings[name] || "";
  const goroot = findGoroot(variables, set("GOROOT"));
  const installed = goroot === null ? {} : readSettings(`${goroot}/go.env`);
  const setting = (name: string): string => set(name) || installed[name] || "";
  const gopath = setting("GOPATH").split(process.platform === "win32" ? ";" : ":")[0] || `${homedir()}/go`;
  return fromSettings((name) => {
    switch (name) {
      case "GOROOT":
        return goroot ?? "";
      case "GOMODCACHE":
        return setting(name) || `${gopath}/pkg/mod`;
      case "GOVERSION":
        return goroot === null ? "" : readVersion(goroot);
      case "GOOS":
        return setting(name) || hostOs();
      case "GOARCH":
        return setting(name) || hostArch();
      case "CGO_ENABLED":
        return setting(name) || cgoDefault(setting, variables);
      default:
        return setting(name);
    }
  });
}

/** Reads the object that `go env -json` printed. */
export function fromGoEnv(answer: Variables): GoEnvironment {
  return fromSettings((name) => answer[name] ?? "");
}

/** The path of the `go` command on PATH, or null. */
export function findGoCommand(variables: Variables): string | null {
  return onPath("go", variables);
}

function fromSettings(setting: (name: string) => string): GoEnvironment {
  const goroot = setting("GOROOT") === "" ? null : toSlash(setting("GOROOT"));
  const version = setting("GOVERSION");
  const goarch = setting("GOARCH");
  const goflags = setting("GOFLAGS").split(/\s+/);
  const tags = new Set<string>();
  for (const flag of goflags) {
    const value = /^--?tags=(.*)$/.exec(flag)?.[1];
    for (const tag of value?.split(",") ?? []) {
      tags.add(tag);
    }
  }
  for (const tag of toolTags(goroot, goarch, setting)) {
    tags.add(tag);
  }
  return {
    goroot,
    modcache: toSlash(setting("GOMODCACHE")),
    version,
    gowork: setting("GOWORK"),
    modFlag:
      goflags.map((flag) => /^--?mod=(.*)$/.exec(flag)?.[1]).find((value) => value !== undefined) ?? "",
    target: {
      goos: setting("GOOS"),
      goarch,
      cgo: setting("CGO_ENABLED") === "1",
      goMinor: Number(/^go1\.(\d+)/.exec(version)?.[1] ?? NEWEST_KNOWN_MINOR),
      tags,
    },
  };
}

/** What `go1.N` constraints may ask for where no toolchain says otherwise. */
const NEWEST_KNOWN_MINOR = 26;

/** Level of the instruction set that Go assumes where `GO<ARCH>` is not set, as its build tag. */
const ARCH_LEVELS: Readonly<Record<string, readonly [variable: string, usual: string]>> = {
  "386": ["GO386", "sse2"],
  amd64: ["GOAMD64", "v1"],
  arm64: ["GOARM64", "v8.0"],
  mips: ["GOMIPS", "hardfloat"],
  mipsle: ["GOMIPS", "hardfloat"],
  mips64: ["GOMIPS64", "hardfloat"],
  mips64le: ["GOMIPS64", "hardfloat"],
  ppc64: ["GOPPC64", "power8"],
  ppc64le: ["GOPPC64", "power8"],
  riscv64: ["GORISCV64", "rva20u64"],
};

/** The tags that the toolchain itself sets: experiments that are on by default, and the instruction set's level. */
function toolTags(goroot: string | null, goarch: string, setting: (name: string) => string): string[] {
  const experiments = new Set(goroot === null ? [] : baselineExperiments(goroot));
  for (const name of setting("GOEXPERIMENT").split(",")) {
    if (name.startsWith("no")) {
      experiments.delete(name.slice(2));
    } else if (name !== "") {
      experiments.add(name);
    }
  }
  const tags = [...experiments].map((name) => `goexperiment.${name}`);
  const level = ARCH_LEVELS[goarch];
  if (level !== undefined) {
    const [variable, usual] = level;
    const numbered = /^v(\d)$/.exec(setting(variable) || usual);
    if (numbered === null) {
      tags.push(`${goarch}.${setting(variable) || usual}`);
    } else {
      for (let i = 1; i <= Number(numbered[1]); i++) {
        tags.push(`${goarch}.v${i}`);
      }
    }
  }
  return tags;
}

/** Reads the experiments that are on by default out of the toolchain's own source. */
function baselineExperiments(goroot: string): string[] {
  const source = readText(`${goroot}/src/internal/buildcfg/exp.go`);
  const literal = /baseline := goexperiment\.Flags\{([\s\S]*?)\n\t\}/.exec(source)?.[1] ?? "";
  return [...literal.matchAll(/(\w+):\s*(\w+)/g)]
    .filter(([, , value]) => value !== "false")
    .map(([, name]) => (name ?? "").toLowerCase());
}

function findGoroot(variables: Variables, configured: string): string | null {
  const command = onPath("go", variables);
  const besideCommand = command === null ? [] : [folderOf(folderOf(realPath(command)))];
  const home = toSlash(homedir());
  const usual = [
    "/usr/local/go",
    "/usr/lib/go",
    "/usr/lib/golang",
    "/usr/share/go",
    "/opt/homebrew/opt/go/libexec",
    "/usr/local/opt/go/libexec",
    "C:/Program Files/Go",
    ...newestFirst(`${home}/sdk`, /^go1\.\d+/),
  ];
  const candidates = [...(configured === "" ? [] : [toSlash(configured)]), ...besideCommand, ...usual];
  return candidates.find((folder) => existsSync(`${folder}/src/runtime/map.go`)) ?? null;
}

function newestFirst(folder: string, pattern: RegExp): string[] {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((name) => `${folder}/${name}`);
}

function readVersion(goroot: string): string {
  return readText(`${goroot}/VERSION`).split("\n", 1)[0]?.trim() ?? "";
}

/** Where `go env -w` keeps its settings. */
function userSettingsFile(variables: Variables): string {
  if (variables.GOENV === "off") {
    return "";
  }
  if (variables.GOENV) {
    return variables.GOENV;
  }
  switch (process.platform) {
    case "win32":
      return variables.AppData ? `${variables.AppData}/go/env` : "";
    case "darwin":
      return `${homedir()}/Library/Application Support/go/env`;
    default:
      return `${variables.XDG_CONFIG_HOME || `${homedir()}/.config`}/go/env`;
  }
}

function readSettings(file: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const line of file === "" ? [] : readText(file).split(/\r?\n/)) {
    const match = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim());
    if (match !== null) {
      settings[match[1] ?? ""] = match[2] ?? "";
    }
  }
  return settings;
}

function readText(file: string): string {
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file, "utf8") : "";
}

function onPath(command: string, variables: Variables): string | null {
  const windows = process.platform === "win32";
  const path = variables.PATH ?? variables.Path ?? "";
  for (const folder of path.split(windows ? ";" : ":")) {
    const file = `${toSlash(folder)}/${command}${windows ? ".exe" : ""}`;
    if (folder !== "" && isExecutable(file)) {
      return file;
    }
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Go turns cgo on for native builds where a C compiler is found. */
function cgoDefault(setting: (name: string) => string, variables: Variables): string {
  const native =
    (setting("GOOS") || hostOs()) === hostOs() && (setting("GOARCH") || hostArch()) === hostArch();
  const compiler = setting("CC") || (hostOs() === "linux" || hostOs() === "windows" ? "gcc" : "clang");
  const found = compiler.includes("/")
    ? isExecutable(compiler)
    : onPath(compiler.split(" ")[0] ?? "", variables);
  return native && found ? "1" : "0";
}

function hostOs(): string {
  return process.platform === "win32"
    ? "windows"
    : process.platform === "sunos"
      ? "solaris"
      : process.platform;
}

function hostArch(): string {
  const names: Readonly<Record<string, string>> = {
    x64: "amd64",
    ia32: "386",
    ppc64: "ppc64le",
    mipsel: "mipsle",
  };
  return names[process.arch] ?? process.arch;
}
