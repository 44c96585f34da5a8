/** The package that users install carries what it needs and nothing else. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { quietly } from "../../scripts/steps.mjs";
import { repository } from "./editor.ts";

const NEEDED = [
  "package.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "media/icon.png",
  "dist/extension.cjs",
  "dist/server.js",
  "dist/syntaxWorker.js",
  "dist/adapter.js",
  "dist/cli.js",
  "dist/timeline.js",
  "dist/timeline.css",
  "dist/web-tree-sitter.wasm",
  "dist/tree-sitter-go.wasm",
  "dist/runtime/version",
];
const ALLOWED = [/^media\/.*\.(png|svg|md)$/, /^dist\/runtime\/.*\.(go|s|mod)$/];

test("the package holds the bundles, the assets, the detector's sources, and no more", async () => {
  const vsce = join(repository, "node_modules/@vscode/vsce/vsce");
  const listed = await quietly(process.execPath, [vsce, "ls", "--no-dependencies"], { cwd: repository });
  const files = listed
    .trim()
    .split("\n")
    .map((file) => file.trim());
  expect(NEEDED.filter((file) => !files.includes(file))).toEqual([]);
  expect(files.some((file) => file.startsWith("dist/runtime/"))).toBe(true);
  const surplus = files.filter(
    (file) => !NEEDED.includes(file) && !ALLOWED.some((shape) => shape.test(file)),
  );
  expect(surplus).toEqual([]);
});

test("the package is smaller than three megabytes", () => {
  expect(statSync(join(repository, "maprace.vsix")).size).toBeLessThan(3_000_000);
});
