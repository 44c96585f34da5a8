/**
 * Paths as the workspace spells them: absolute, `/` between the parts, on Windows too.
 */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";

/** The absolute path with `/`, spelled as given otherwise (symbolic links are not followed). */
export function workspacePath(path: string, base = process.cwd()): string {
  return toSlash(resolve(base, path));
}

/** Replaces the separators of Windows. */
export function toSlash(path: string): string {
  return process.platform === "win32" || /^[A-Za-z]:\\/.test(path) ? path.replaceAll("\\", "/") : path;
}

/** What to compare paths by: drive letters mean the same in either case. */
export function pathKey(path: string): string {
  return /^[A-Z]:/.test(path) ? path.slice(0, 1).toLowerCase() + path.slice(1) : path;
}

/** `a/b/c.go` → `a/b`; the root stays itself. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** True where `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  const inner = pathKey(path);
  const outer = pathKey(folder);
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/** `path` relative to `folder`, which it lies in; "" for the folder itself. */
export function relativeTo(path: string, folder: string): string {
  return pathKey(path) === pathKey(folder)
    ? ""
    : path.slice(folder.endsWith("/") ? folder.length : folder.length + 1);
}

/** The path with every symbolic link followed; the path itself where it does not exist (yet). */
export function realPath(path: string): string {
  try {
    return toSlash(realpathSync.native(path));
  } catch {
    return path;
  }
}

/** The folders from `folder` up to the root of the file system. */
export function upwards(folder: string): string[] {
  const folders = [folder];
  for (let at = folder; folderOf(at) !== at && !/^[A-Za-z]:$/.test(at); at = folderOf(at)) {
    folders.push(folderOf(at));
  }
  return folders;
}
