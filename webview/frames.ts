/**
 * What a Go stack frame is called on screen and whose code it is. Decides from the frame alone: a run
 * may be looked at on another machine, so nothing here asks a file system or a Go toolchain.
 */
import type { Frame } from "../src/protocol.ts";

/** Whose code a frame is: the user's own, a dependency's, or the standard library's. */
export type FrameOwner = "user" | "dependency" | "standard";

/** First elements of the standard library's import paths. A user's module may share one, so the file decides too. */
const standardRoots = new Set(
  (
    "archive arena bufio bytes cmd cmp compress container context crypto database debug embed encoding errors " +
    "expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp " +
    "runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak"
  ).split(" "),
);

/** The import path in a function's full name: `net/http` of `net/http.(*conn).serve`. */
export function packageOf(functionName: string): string {
  const lastSlash = functionName.lastIndexOf("/", typeArgumentsStart(functionName));
  const dot = functionName.indexOf(".", lastSlash + 1);
  return dot < 0 ? functionName : functionName.slice(0, dot);
}

/** `session.(*Store).Put` of `example.com/shop/session.(*Store).Put`: what a stack shows. */
export function qualifiedName(functionName: string): string {
  return functionName.slice(functionName.lastIndexOf("/", typeArgumentsStart(functionName)) + 1);
}

/** `(*Store).Put` of `example.com/shop/session.(*Store).Put`: what a list row has room for. */
export function shortName(functionName: string): string {
  const rest = functionName.slice(packageOf(functionName).length + 1);
  return rest === "" ? functionName : rest;
}

/** Import paths inside type arguments (`F[example.com/a.T]`) must not be taken for the function's own path. */
function typeArgumentsStart(functionName: string): number {
  const bracket = functionName.indexOf("[");
  return bracket < 0 ? functionName.length : bracket;
}

/** Whose code the frame is. */
export function ownerOf(frame: Frame): FrameOwner {
  const path = packageOf(frame.function);
  const slash = path.indexOf("/");
  const root = slash < 0 ? path : path.slice(0, slash);
  if (standardRoots.has(root) && (frame.file === "" || frame.file.includes(`/src/${path}/`)))
    return "standard";
  if (frame.file.includes("/pkg/mod/") || frame.file.includes("/vendor/")) return "dependency";
  return "user";
}

/** The innermost frame of the user's own code, else the innermost of all; undefined for an empty stack. */
export function topUserFrame(stack: readonly Frame[]): Frame | undefined {
  return stack.find((frame) => ownerOf(frame) === "user") ?? stack[0];
}

/** `store.go:14`: the file's name without its folders. */
export function shortPlace(frame: Frame): string {
  return `${frame.file.slice(frame.file.lastIndexOf("/") + 1)}:${frame.line}`;
}

/** The folders that are open in the editor, with forward slashes and one at the end. */
let openFolders: readonly string[] = [];

/** Has {@link mediumPlace} name files in these folders by their paths in them. */
export function placeRelativeTo(folders: readonly string[]): void {
  openFolders = folders.map((folder) => `${folder.replaceAll("\\", "/").replace(/\/$/, "")}/`);
}

/**
 * `internal/session/store.go:14`: a file in an open folder by its path there (with the folder's name where several are
 * open), of others at most two folders.
 */
export function mediumPlace(frame: Frame): string {
  return `${withinFolder(frame.file) ?? lastParts(frame.file)}:${frame.line}`;
}

function withinFolder(file: string): string | undefined {
  const folder = openFolders.find((open) => withSmallDrive(file).startsWith(withSmallDrive(open)));
  if (folder === undefined) return undefined;
  const from = openFolders.length > 1 ? folder.lastIndexOf("/", folder.length - 2) + 1 : folder.length;
  return folder.slice(from) + file.slice(folder.length);
}

/** Windows' drives are spelt in either case. */
function withSmallDrive(path: string): string {
  return path.replace(/^[A-Z]:/, (drive) => drive.toLowerCase());
}

function lastParts(file: string): string {
  const parts = file.split("/");
  return parts.length > 4 || file.startsWith("/") ? parts.slice(-3).join("/") : file;
}

/** `a/b/store.go:14`, the whole path. */
export function place(frame: Frame): string {
  return `${frame.file}:${frame.line}`;
}

/** `map[string]*Session` of `map[string]*example.com/shop/session.Session`. */
export function shortType(type: string): string {
  return type.replace(/[\w.~-]+\/(?:[\w.~-]+\/)*/g, "").replace(/\bmain\./g, "");
}
