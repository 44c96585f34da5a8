/**
 * The loader that starts no process chooses the same files as `go list`, over the corners of the standard library
 * that have most build constraints. Run it over anything else with GOLIST_DIR.
 */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { Workspace } from "../../src/server/workspace/workspace.ts";

interface Listed {
  readonly ImportPath: string;
  readonly Dir?: string;
  readonly DepOnly?: boolean;
  readonly ForTest?: string;
  readonly GoFiles?: string[];
  readonly CgoFiles?: string[];
  readonly TestGoFiles?: string[];
  readonly XTestGoFiles?: string[];
}

function go(dir: string, ...args: string[]): string {
  const env = { ...process.env, PWD: dir, GOTOOLCHAIN: "local", GOPROXY: "off" };
  return execFileSync("go", args, { cwd: dir, env, maxBuffer: 1 << 29, encoding: "utf8" });
}

function listPackages(dir: string): Listed[] {
  const fields = "Dir,ImportPath,DepOnly,ForTest,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles";
  const output = go(dir, "list", "-e", "-deps", "-test", `-json=${fields}`, "./...");
  return output
    .split(/^(?=\{)/m)
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as Listed)
    .filter((one) => one.ForTest === undefined && !one.ImportPath.endsWith(".test"));
}

const root = `${go("/", "env", "GOROOT").trim()}/src`;
const folders =
  process.env.GOLIST_DIR === undefined
    ? ["crypto", "internal", "net", "os", "runtime", "syscall"].map((name) => `${root}/${name}`)
    : [process.env.GOLIST_DIR];

it.each(folders)("agrees with go list in %s", (dir) => {
  const workspace = new Workspace({ folders: [dir], trusted: false, variables: process.env });
  const source = workspace.programs()[0]?.source;
  const names = (paths: readonly string[] | undefined) =>
    paths?.map((path) => path.slice(path.lastIndexOf("/") + 1)).sort();
  const own: Record<string, unknown> = {};
  const listed: Record<string, unknown> = {};
  for (const one of listPackages(dir)) {
    const build = [...(one.GoFiles ?? []), ...(one.CgoFiles ?? [])].sort();
    if (one.DepOnly !== true) {
      const here = source?.packages.filter((found) => found.dir === one.Dir) ?? [];
      const files = (variant: string) =>
        names(
          here
            .filter((found) => found.variant === variant)
            .flatMap((found) => found.files.map((f) => f.path)),
        );
      own[one.ImportPath] = [files(""), files("xtest")];
      listed[one.ImportPath] = [
        [...build, ...(one.TestGoFiles ?? [])].sort(),
        [...(one.XTestGoFiles ?? [])].sort(),
      ];
    } else if (build.length > 0) {
      const found = source?.dependency(one.ImportPath);
      own[`import ${one.ImportPath}`] = [found?.dir, names(found?.files.map((file) => file.path))];
      listed[`import ${one.ImportPath}`] = [one.Dir, build];
    }
  }
  expect(Object.keys(listed).length).toBeGreaterThan(0);
  expect(own).toEqual(listed);
});
