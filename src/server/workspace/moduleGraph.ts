/**
 * Which folder an import path lies in: the standard library, the main modules, a vendor folder, the module cache.
 *
 * Versions are chosen by Go's minimal version selection from the go.mod files in the module cache; nothing is
 * downloaded, so a module that is not there is not found. Which files of a folder count is `packageFiles.ts`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { GoEnvironment } from "./goEnvironment.ts";
import {
  compareVersions,
  type ModFile,
  type ModuleVersion,
  parseModFile,
  parseVendorModules,
} from "./goMod.ts";
import { workspacePath } from "./paths.ts";

/** A module whose packages are built from a folder of the workspace. */
export interface MainModule {
  readonly dir: string;
  readonly file: ModFile;
}

/** Where a package lies. */
export interface PackagePlace {
  readonly dir: string;
  /** Of the module that holds it; "" where unknown and for the standard library. */
  readonly goVersion: string;
  readonly standard: boolean;
}

/** Answers for one build: one main module, or the modules of a go.work. */
export interface ModuleGraph {
  /** Where the package of that path lies, or null where it is not on this machine. */
  find(path: string): PackagePlace | null;
  /** Modules that the main modules need and that were asked for in vain. */
  missing(): readonly string[];
}

/** What decides versions: the main modules, and the go.work where there is one. */
export interface BuildList {
  readonly mains: readonly MainModule[];
  readonly work: MainModule | null;
}

/** Makes the graph of a build. Reads go.mod files at once, folders only when asked for a package. */
export function makeModuleGraph(build: BuildList, environment: GoEnvironment): ModuleGraph {
  const versions = selectVersions(build, environment);
  const vendor = vendorFolder(build, environment);
  const vendored = vendor === null ? null : readVendored(vendor);
  const places = new Map<string, PackagePlace | null>();
  const missing = new Set<string>();

  function locate(path: string): PackagePlace | null {
    const { goroot } = environment;
    const isStandardName = !(path.split("/", 1)[0] ?? "").includes(".");
    if (
      goroot !== null &&
      (isStandardName || path.startsWith("vendor/")) &&
      hasGoFiles(`${goroot}/src/${path}`)
    ) {
      return { dir: `${goroot}/src/${path}`, goVersion: "", standard: true };
    }
    for (const main of build.mains) {
      const dir = folderIn(main.file.module, main.dir, path);
      if (dir !== null && hasGoFiles(dir)) {
        return { dir, goVersion: main.file.go, standard: false };
      }
    }
    if (vendor !== null && vendored !== null) {
      const dir = `${vendor}/${path}`;
      return hasGoFiles(dir) ? { dir, goVersion: vendored.get(path) ?? "", standard: false } : null;
    }
    for (const prefix of prefixesOf(path)) {
      const module = versions.get(prefix);
      if (module === undefined) {
        continue;
      }
      const dir = folderIn(prefix, module.dir, path);
      if (dir !== null && hasGoFiles(dir)) {
        return { dir, goVersion: readMod(`${module.dir}/go.mod`)?.go ?? "", standard: false };
      }
      if (!existsSync(module.dir)) {
        missing.add(module.version === "" ? prefix : `${prefix}@${module.version}`);
      }
    }
    return null;
  }

  return {
    find(path) {
      let place = places.get(path);
      if (place === undefined) {
        place = locate(path);
        places.set(path, place);
      }
      return place;
    },
    missing: () => [...missing].sort(),
  };
}

/** "1.26" of "go1.26.8": the language version of the standard library, and of code that names none. */
export function goRelease(environment: GoEnvironment): string {
  return /^go(1\.\d+)/.exec(environment.version)?.[1] ?? "";
}

/** True where a folder holds a Go file that is not a test. */
export function hasGoFiles(dir: string): boolean {
  try {
    return readdirSync(dir).some((name) => name.endsWith(".go") && !name.endsWith("_test.go"));
  } catch {
    return false;
  }
}

/** Parses a go.mod or go.work file; null where it cannot be read. */
export function readMod(file: string): ModFile | null {
  try {
    return parseModFile(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

function folderIn(modulePath: string, moduleDir: string, path: string): string | null {
  if (path === modulePath) {
    return moduleDir;
  }
  return path.startsWith(`${modulePath}/`) ? `${moduleDir}/${path.slice(modulePath.length + 1)}` : null;
}

/** `a/b/c` → `a/b/c`, `a/b`, `a`: the module that owns a package is the longest that has it. */
function prefixesOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, i) => parts.slice(0, parts.length - i).join("/"));
}

interface ChosenModule {
  readonly version: string;
  readonly dir: string;
}

/**
 * Minimal version selection. A main module of Go 1.17 or newer names every module that its packages need, so
 * its list is enough; older ones are completed from the go.mod files of their dependencies.
 */
function selectVersions(build: BuildList, environment: GoEnvironment): Map<string, ChosenModule> {
  const replacements = [
    ...(build.work?.file.replace.map((line) => ({ line, base: build.work?.dir ?? "" })) ?? []),
    ...build.mains.flatMap((main) => main.file.replace.map((line) => ({ line, base: main.dir }))),
  ];
  const place = (module: ModuleVersion): ChosenModule & { readonly modFile: string } => {
    const matching = replacements.filter(({ line }) => line.from.path === module.path);
    const found =
      matching.find(({ line }) => line.from.version === module.version) ??
      matching.find(({ line }) => line.from.version === "");
    if (found !== undefined && found.line.to.version === "") {
      const dir = workspacePath(found.line.to.path, found.base);
      return { version: "", dir, modFile: `${dir}/go.mod` };
    }
    const { path, version } = found?.line.to ?? module;
    const cached = `${environment.modcache}/cache/download/${escapeUpper(path)}/@v/${escapeUpper(version)}.mod`;
    return {
      version,
      dir: `${environment.modcache}/${escapeUpper(path)}@${escapeUpper(version)}`,
      modFile: cached,
    };
  };

  const mainPaths = new Set(build.mains.map((main) => main.file.module));
  const chosen = new Map<string, string>();
  const queue = build.mains.flatMap((main) => main.file.require);
  const complete = build.mains.every((main) => goMinor(main.file.go) >= 17);
  for (let module = queue.shift(); module !== undefined; module = queue.shift()) {
    const before = chosen.get(module.path);
    if (
      mainPaths.has(module.path) ||
      (before !== undefined && compareVersions(before, module.version) >= 0)
    ) {
      continue;
    }
    chosen.set(module.path, module.version);
    if (!complete) {
      queue.push(...(readMod(place(module).modFile)?.require ?? []));
    }
  }
  return new Map([...chosen].map(([path, version]) => [path, place({ path, version })]));
}

/** The 17 of "1.17"; 16 where a go.mod does not say, as Go assumes. */
function goMinor(version: string): number {
  return Number(/^1\.(\d+)/.exec(version)?.[1] ?? 16);
}

/** The module cache writes capitals as `!` and the small letter, for file systems that do not tell them apart. */
function escapeUpper(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

/** The vendor folder that Go would use by itself, or null. */
function vendorFolder(build: BuildList, environment: GoEnvironment): string | null {
  if (environment.modFlag === "mod" || environment.modFlag === "readonly") {
    return null;
  }
  const owner = build.work ?? (build.mains.length === 1 ? build.mains[0] : undefined);
  if (owner === undefined || goMinor(owner.file.go) < (build.work === null ? 14 : 22)) {
    return null;
  }
  return existsSync(`${owner.dir}/vendor/modules.txt`) ? `${owner.dir}/vendor` : null;
}

function readVendored(vendor: string): Map<string, string> {
  const goVersions = new Map<string, string>();
  for (const { packages, go } of parseVendorModules(readFileSync(`${vendor}/modules.txt`, "utf8")).values()) {
    for (const path of packages) {
      goVersions.set(path, go);
    }
  }
  return goVersions;
}
