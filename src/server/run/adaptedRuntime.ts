/**
 * The user's own Go with a detector in it: which files of GOROOT are changed or added, and what they say. How
 * single files are changed is decided in adaptations.ts, mapAdaptations.ts, atomics.ts and hooks.ts; what a build
 * is told of them, in overlay.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Adaptation, CONSTANTS, muteHooks } from "./adaptations.ts";
import { atomicWrappers, wrapDirectCalls, wrapOwnOperations } from "./atomics.ts";
import { RACE0_ON, unansweredHooks } from "./hooks.ts";
import { HMAPS, SWISS_MAP_HOOKS, SWISS_MAPS } from "./mapAdaptations.ts";
import { RunProblem } from "./problem.ts";
import type { Toolchain } from "./toolchain.ts";

/** Go 1.24 brought the present map layout. */
const FIRST_SWISS_MINOR = 24;

/**
 * Files of the standard library that call sync/atomic's functions directly, outside of package sync and
 * what it is made of, whose locks the detector knows by their own hooks, and outside of internal/poll and of
 * syscall's DLLs: that two goroutines use one descriptor, or the same function of Windows, orders nothing that a
 * program may rely on.
 */
const DIRECT_CALLERS = [
  "crypto/internal/entropy/v1.0.0/entropy.go",
  "go/types/check.go",
  "go/types/named.go",
  "internal/bisect/bisect.go",
  "net/dnsconfig.go",
  "net/http/h2_bundle.go",
  "os/exec/exec.go",
];

/** The folders with Go files of the detector, and the packages of the standard library that they are added to. */
const ADDED: readonly (readonly [string, string])[] = [
  [".", "runtime"],
  ["abi", "internal/abi"],
  ["poll", "internal/poll"],
];

/** What the instrumented runtime is made of. */
export interface AdaptedRuntime {
  /** The new text of each file that is changed or added, by its absolute path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Files of GOROOT that were read, or looked for and not there: absolute paths. */
  readonly madeFrom: readonly string[];
}

/**
 * Changes the runtime, and what belongs to it, of a Go.
 * @param sources the folder with the detector's Go files.
 * @param toolexec the version of the program that stands before the compiler.
 * @throws RunProblem when this Go is not as Maprace knows it.
 */
export function adaptRuntime(toolchain: Toolchain, sources: string, toolexec: string): AdaptedRuntime {
  const goroot: Goroot = { toolchain, asked: new Set() };
  const texts = new Map<string, string>();
  const put = (file: string, text: string): void => void texts.set(placeOf(goroot, file), text);
  const race0 = readGoroot(goroot, "runtime/race0.go");
  const unanswered = unansweredHooks(race0);
  if (unanswered.length > 0) {
    throw new RunProblem(
      `${toolchain.version} has race hooks that this Maprace does not know: ${unanswered.join("; ")}. Update Maprace, or run with --mode go-race.`,
    );
  }
  put("runtime/race0.go", RACE0_ON);
  const swiss = toolchain.minor >= FIRST_SWISS_MINOR;
  for (const adaptation of [...CONSTANTS, ...(swiss ? SWISS_MAPS : HMAPS)]) {
    const adapted = adapt(goroot, adaptation);
    if (adapted !== undefined) put(...adapted);
  }
  if (swiss) put("internal/runtime/maps/maprace.go", spell(SWISS_MAP_HOOKS, toolchain));
  put("internal/poll/maprace_mute.go", muteHooks("poll"));
  put("net/http/maprace.go", muteHooks("http"));
  put("fmt/maprace.go", muteHooks("fmt"));
  // Where 64-bit operations are declared depends on the version and, since Go 1.26, on the word size.
  const declared = ["doc.go", "doc_64.go"].map((file) => readIfThere(goroot, `sync/atomic/${file}`));
  put("sync/atomic/maprace.go", atomicWrappers(declared.join("\n"), toolexec));
  for (const file of ["sync/atomic/type.go", "sync/atomic/value.go"]) {
    put(file, wrapOwnOperations(readGoroot(goroot, file)));
  }
  for (const file of DIRECT_CALLERS) {
    const text = texts.get(placeOf(goroot, file)) ?? readIfThere(goroot, file);
    if (text !== undefined) put(file, wrapDirectCalls(text));
  }
  for (const [folder, place] of ADDED) {
    const from = path.join(sources, folder);
    for (const file of readdirSync(from)) {
      if (!/\.(go|s)$/.test(file)) continue;
      put(`${place}/${file}`, activate(readFileSync(path.join(from, file), "utf8"), toolchain));
    }
  }
  return { texts, madeFrom: [...goroot.asked] };
}

/** A GOROOT, and which of its files it was asked for. */
interface Goroot {
  readonly toolchain: Toolchain;
  /** Absolute paths, also of files that are not there. */
  readonly asked: Set<string>;
}

/** The absolute path of a file, which is named by its place beneath GOROOT/src. */
function placeOf(goroot: Goroot, file: string): string {
  return path.join(goroot.toolchain.goroot, "src", ...file.split("/"));
}

function readIfThere(goroot: Goroot, file: string): string | undefined {
  const place = placeOf(goroot, file);
  goroot.asked.add(place);
  try {
    return readFileSync(place, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(goroot, file, cause);
  }
}

function readGoroot(goroot: Goroot, file: string): string {
  const text = readIfThere(goroot, file);
  if (text === undefined) throw unreadable(goroot, file);
  return text;
}

function unreadable({ toolchain }: Goroot, file: string, cause?: unknown): RunProblem {
  return new RunProblem(
    `The Go at ${toolchain.realGoroot} has no readable src/${file}. Install Go with its source files (https://go.dev/dl/).`,
    "",
    { cause },
  );
}

/** A detector file without the build tag that keeps tools from taking it for an ordinary package. */
function activate(text: string, toolchain: Toolchain): string {
  const active = text.replace(/^\/\/go:build maprace(?: && (.*))?\n/m, (_, rest?: string) =>
    rest === undefined ? "" : `//go:build ${rest}\n`,
  );
  return spell(active, toolchain);
}

/** Go code of ours in the names that the user's Go version has for things. */
function spell(text: string, { minor }: Toolchain): string {
  let spelt = text;
  if (minor === 24 || minor === 25) spelt = spelt.replaceAll("abi.MapType", "abi.SwissMapType");
  if (minor <= 25) {
    spelt = spelt
      .replaceAll("stdcall(mrCreateFile, ", "stdcall7(mrCreateFile, ")
      .replaceAll("stdcall(mrGetCurrentProcessId)", "stdcall0(mrGetCurrentProcessId)")
      .replaceAll("stdcall(_CloseHandle, ", "stdcall1(_CloseHandle, ");
  }
  if (minor <= 23) spelt = spelt.replaceAll('"internal/runtime/sys"', '"runtime/internal/sys"');
  if (minor <= 22) spelt = spelt.replaceAll('"internal/runtime/atomic"', '"runtime/internal/atomic"');
  return spelt;
}

/** The name and adapted text of a file; undefined when this Go has no such file and need not have it, or is right. */
function adapt(goroot: Goroot, adaptation: Adaptation): [string, string] | undefined {
  const { edits, optional, append, formerly } = adaptation;
  const { toolchain } = goroot;
  const former = formerly && readIfThere(goroot, formerly);
  const file = formerly !== undefined && former !== undefined ? formerly : adaptation.file;
  const original = former ?? (optional ? readIfThere(goroot, file) : readGoroot(goroot, file));
  if (original === undefined) return undefined;
  let text = original.replaceAll("\r\n", "\n");
  for (const { find, replace, optional: mayMiss } of edits) {
    find.lastIndex = 0;
    if (find.test(text)) {
      find.lastIndex = 0;
      text = text.replace(find, replace);
    } else if (!mayMiss) {
      throw new RunProblem(
        `src/${file} of ${toolchain.version} is not as Maprace knows it (no match for ${find}). Update Maprace, or run with --mode go-race.`,
      );
    }
  }
  const adapted = text + spell(append ?? "", toolchain);
  return adapted === original ? undefined : [file, adapted];
}
