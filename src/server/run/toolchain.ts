/**
 * The user's own Go: where it lives, which version it is, and how its GOROOT can be overlaid. Since Go
 * 1.25 an overlay may not replace files under GOMODCACHE, where toolchains that the go command downloads
 * itself live; such a toolchain is reached through a symbolic link outside the cache.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readlinkSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { runGo } from "./goCommand.ts";

/** A Go toolchain as `go env` tells of it in the folder of a run. */
export interface Toolchain {
  /** The go command to run: the user's, or the same one reached through a link. */
  readonly go: string;
  /** GOROOT as overlay paths must spell it. */
  readonly goroot: string;
  /** GOROOT as the user knows it. */
  readonly realGoroot: string;
  /** "go1.26.8". */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
  readonly goos: string;
  readonly goarch: string;
  /** What the toolchain itself runs on. */
  readonly hostOs: string;
  readonly hostArch: string;
  readonly goflags: string;
  readonly goexperiment: string;
  readonly modcache: string;
  /** Environment that makes this toolchain the one that builds. */
  readonly env: Readonly<Record<string, string>>;
}

/** What `go env -json` is asked for. */
const ASKED = [
  "GOROOT",
  "GOVERSION",
  "GOOS",
  "GOARCH",
  "GOHOSTOS",
  "GOHOSTARCH",
  "GOFLAGS",
  "GOEXPERIMENT",
  "GOMODCACHE",
];

/**
 * Asks `go` which toolchain builds in `cwd` (go.mod and GOTOOLCHAIN may name another one than `go` itself).
 * @param cacheDir where a link to a downloaded toolchain may be kept.
 * @throws Error with the go command's own words when it fails.
 */
export async function readToolchain(
  go: string,
  cwd: string,
  cacheDir: string,
  env: NodeJS.ProcessEnv,
): Promise<Toolchain> {
  const { stdout, stderr, exitCode } = await runGo(go, ["env", "-json", ...ASKED], { cwd, env });
  if (exitCode !== 0) throw new Error(stderr.trim() || `go env ended with status ${exitCode}`);
  const told = JSON.parse(stdout) as Record<string, string | undefined>;
  const version = told.GOVERSION ?? "";
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  const realGoroot = told.GOROOT ?? "";
  const modcache = told.GOMODCACHE ?? "";
  const downloaded = modcache !== "" && isInside(realGoroot, modcache);
  const goroot = downloaded ? linkTo(realGoroot, cacheDir) : realGoroot;
  return {
    go: downloaded ? path.join(goroot, "bin", path.basename(go)) : go,
    goroot,
    realGoroot,
    version,
    major: Number(major ?? 0),
    minor: Number(minor ?? 0),
    goos: told.GOOS ?? "",
    goarch: told.GOARCH ?? "",
    hostOs: told.GOHOSTOS ?? "",
    hostArch: told.GOHOSTARCH ?? "",
    goflags: told.GOFLAGS ?? "",
    goexperiment: told.GOEXPERIMENT ?? "",
    modcache,
    env: downloaded ? { GOROOT: goroot, GOTOOLCHAIN: "local" } : {},
  };
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(real(folder), real(file));
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}

function real(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // A folder that does not exist (yet) holds nothing; compare it as it is spelt.
    return path.resolve(file);
  }
}

/** A link to `target` in `cacheDir` (a junction on Windows, which needs no rights). */
function linkTo(target: string, cacheDir: string): string {
  const name = createHash("sha256").update(target).digest("hex").slice(0, 12);
  const folder = path.join(cacheDir, "toolchains");
  const link = path.join(folder, `${path.basename(target).replace(/^toolchain@v[\d.]+-/, "")}-${name}`);
  mkdirSync(folder, { recursive: true });
  try {
    symlinkSync(target, link, "junction");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (path.resolve(readlinkSync(link)) !== path.resolve(target)) {
      rmSync(link);
      symlinkSync(target, link, "junction");
    }
  }
  return link;
}
