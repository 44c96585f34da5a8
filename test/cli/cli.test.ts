/** The command as users have it: one bundle, run by Node from another folder. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { makeTree } from "../workspace/tree.ts";
import { makeAssets } from "./assets.ts";

const entry = fileURLToPath(new URL("../../src/cli/cli.ts", import.meta.url));
let bundle = "";

beforeAll(async () => {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  bundle = result.outputFiles[0]?.text ?? "";
});

/** Runs `maprace` with these words in a folder that holds a racy program. */
function maprace(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const assets = makeAssets();
  const folder = makeTree({
    "go.mod": "module m\n",
    "main.go":
      'package main\n\nvar seen = map[string]int{}\n\nfunc main() {\n\tgo func() { seen["a"] = 1 }()\n\t_ = seen["b"]\n}\n',
  });
  const cli = `${assets}/cli.mjs`;
  writeFileSync(cli, bundle);
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
}

describe("maprace", () => {
  it("checks the folder that it is run in", () => {
    const { status, stdout } = maprace("check");
    expect(stdout).toContain("main.go:6:14: warning:");
    expect(status).toBe(1);
  });

  it("says how it is used, and what it is", () => {
    expect(maprace("--help")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("maprace check [DIR|FILE…]"),
    });
    expect(maprace("check", "--help").status).toBe(0);
    expect(maprace("--version").stdout).toMatch(/^maprace \d+\.\d+\.\d+\n$/);
    expect(maprace()).toMatchObject({ status: 2, stderr: expect.stringContaining("maprace check") });
  });

  it.each([
    [["chekc"], "there is no command “chekc”"],
    [["toString"], "there is no command “toString”"],
    [["check", "--frmat"], "Unknown option '--frmat'"],
    [["check", "nowhere"], "nowhere does not exist"],
    [["check", "go.mod"], "go.mod is neither a folder nor a Go file"],
  ])("answers %j with a sentence and status 2", (words, sentence) => {
    const { status, stderr, stdout } = maprace(...words);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([status, stdout]).toEqual([2, ""]);
  });
});
