/** Lists files of this repository for the tests of its structure. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** The repository's folder. */
export const repository = resolve(import.meta.dirname, "../..");

/**
 * The files under `folders` with one of `endings`, relative to the repository with `/`: those that git keeps or would keep,
 * so build results and installed packages are left out.
 */
export function sourceFiles(folders: readonly string[], endings: readonly string[]): readonly string[] {
  const listed = execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", ...folders],
    {
      cwd: repository,
      encoding: "utf8",
    },
  );
  return listed
    .split("\0")
    .filter((file) => endings.some((ending) => file.endsWith(ending)) && existsSync(join(repository, file)));
}
