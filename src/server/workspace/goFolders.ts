/**
 * Finds the Go folders under the folders that an editor or a user opened, and which module each belongs to.
 *
 * Passes over what `./...` passes over: `testdata`, `vendor`, names that start with `_` or `.`, folders that a
 * go.mod tells it to ignore; and `node_modules`. Symbolic links to folders are not followed, as with Go.
 */
import { existsSync, readdirSync } from "node:fs";
import type { ModFile } from "./goMod.ts";
import type { BuildList, MainModule } from "./moduleGraph.ts";
import { readMod } from "./moduleGraph.ts";
import { isWithin, pathKey, relativeTo, upwards, workspacePath } from "./paths.ts";

/** Folders that are built together. */
export interface BuildScope {
  /** The folder of the go.work, of the module, or (without either) the one that was opened. */
  readonly root: string;
  readonly kind: "work" | "module" | "loose";
  readonly build: BuildList;
  /** Folders of the workspace that hold Go files, with the path of the package in each. */
  readonly folders: ReadonlyMap<string, string>;
}

/** The most folders looked at under one opened folder; a home folder or a whole disk is cut off there. */
const MOST_FOLDERS = 100_000;

/** The Go folders under one opened folder. */
export interface FolderScan {
  readonly folders: readonly string[];
  /** True where there were more than could be looked at. */
  readonly cutOff: boolean;
}

/** Walks one opened folder. */
export function scanFolder(root: string): FolderScan {
  const folders: string[] = [];
  const queue = [root];
  let seen = 0;
  for (let dir = queue.pop(); dir !== undefined; dir = queue.pop()) {
    if (++seen > MOST_FOLDERS) {
      return { folders, cutOff: true };
    }
    let hasGo = false;
    for (const entry of entriesOf(dir)) {
      if (entry.isDirectory()) {
        if (!isPassedOver(entry.name)) {
          queue.push(`${dir === "/" ? "" : dir}/${entry.name}`);
        }
      } else {
        hasGo ||= entry.name.endsWith(".go");
      }
    }
    if (hasGo) {
      folders.push(dir);
    }
  }
  return { folders: folders.sort(), cutOff: false };
}

function isPassedOver(name: string): boolean {
  return /^[_.]/.test(name) || name === "testdata" || name === "vendor" || name === "node_modules";
}

function entriesOf(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * Groups Go folders into builds. `opened` is the folder that was opened (it names what has no module); `gowork`
 * is the GOWORK setting.
 */
export function groupFolders(opened: string, folders: readonly string[], gowork: string): BuildScope[] {
  const reader = makeModuleReader(gowork);
  const groups = new Map<
    string,
    { kind: BuildScope["kind"]; build: BuildList; folders: Map<string, string> }
  >();
  for (const dir of folders) {
    const module = reader.moduleOf(dir);
    if (module !== null && isIgnored(dir, module)) {
      continue;
    }
    const work = module === null ? null : reader.workOf(module);
    const root = work?.dir ?? module?.dir ?? opened;
    let group = groups.get(pathKey(root));
    if (group === undefined) {
      group = {
        kind: work !== null ? "work" : module !== null ? "module" : "loose",
        build: {
          work,
          mains: work !== null ? reader.usedBy(work) : module !== null ? [module] : [],
        },
        folders: new Map(),
      };
      groups.set(pathKey(root), group);
    }
    group.folders.set(dir, module === null ? loosePath(opened, dir) : packagePath(module, dir));
  }
  return [...groups].map(([, group]) => ({
    root: group.build.work?.dir ?? group.build.mains[0]?.dir ?? opened,
    ...group,
  }));
}

/** The import path of the package in a folder of a module. */
export function packagePath(module: MainModule, dir: string): string {
  const inner = relativeTo(dir, module.dir);
  // The standard library's own module is the one whose packages do not carry its name.
  const prefix = module.file.module === "std" ? "" : module.file.module || lastPart(module.dir);
  return prefix === "" ? inner : inner === "" ? prefix : `${prefix}/${inner}`;
}

/** Without a module, a package is called by its folder: `opened/inner`. */
function loosePath(opened: string, dir: string): string {
  const inner = isWithin(dir, opened) ? relativeTo(dir, opened) : lastPart(dir);
  return inner === "" ? lastPart(opened) : `${lastPart(opened)}/${inner}`;
}

function lastPart(dir: string): string {
  return dir.slice(dir.lastIndexOf("/") + 1) || "main";
}

function isIgnored(dir: string, module: MainModule): boolean {
  const inner = `/${relativeTo(dir, module.dir)}/`;
  return module.file.ignore.some((folder) => {
    const anchored = folder.startsWith("./");
    const name = `/${folder.replace(/^\.\//, "").replace(/\/$/, "")}/`;
    return anchored ? inner.startsWith(name) : inner.includes(name);
  });
}

/** Reads each go.mod and go.work once. */
function makeModuleReader(gowork: string) {
  const files = new Map<string, ModFile | null>();
  const modules = new Map<string, MainModule | null>();

  function read(file: string): ModFile | null {
    let parsed = files.get(file);
    if (parsed === undefined) {
      parsed = existsSync(file) ? readMod(file) : null;
      files.set(file, parsed);
    }
    return parsed;
  }
  function moduleAt(dir: string): MainModule | null {
    const key = pathKey(dir);
    let module = modules.get(key);
    if (module === undefined) {
      const file = read(`${dir}/go.mod`);
      module = file === null ? null : { dir, file };
      modules.set(key, module);
    }
    return module;
  }
  function usedBy(work: MainModule): MainModule[] {
    return work.file.use
      .map((folder) => moduleAt(workspacePath(folder, work.dir)))
      .filter((module) => module !== null);
  }
  function workAt(dir: string): MainModule | null {
    const file = read(`${dir}/go.work`);
    return file === null ? null : { dir, file };
  }
  return {
    usedBy,
    moduleOf(dir: string): MainModule | null {
      for (const folder of upwards(dir)) {
        const module = moduleAt(folder);
        if (module !== null) {
          return module;
        }
      }
      return null;
    },
    /** The go.work that applies to a module and names it. */
    workOf(module: MainModule): MainModule | null {
      if (gowork === "off") {
        return null;
      }
      const folders = gowork === "" ? upwards(module.dir) : [workspacePath(gowork).replace(/\/[^/]*$/, "")];
      for (const folder of folders) {
        const work = workAt(folder);
        if (work !== null) {
          return usedBy(work).some((used) => pathKey(used.dir) === pathKey(module.dir)) ? work : null;
        }
      }
      return null;
    },
  };
}
