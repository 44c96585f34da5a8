/** The habits of this repository that a reader relies on: files that open by saying what they are for, and that stay short. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository, sourceFiles } from "./sourceFiles.ts";

const MAX_LINES = 600;

const written = [
  ...sourceFiles(["src", "webview", "scripts"], [".ts", ".mjs"]),
  ...sourceFiles(["src/runtime"], [".go"]),
].filter((file) => !file.endsWith(".d.ts"));
const read = (file: string): string => readFileSync(join(repository, file), "utf8");

test("every file opens with a comment", () => {
  const opening = /^(#!.*\n)?(\/\/go:build.*\n\s*)?(\/\*|\/\/)/;
  expect(written.filter((file) => !opening.test(read(file)))).toEqual([]);
});

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = written
    .map((file) => ({ file, lines: read(file).split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES);
  expect(long).toEqual([]);
});

test("no folder or file is a drawer for what has no place", () => {
  const drawers = /(^|\/)(utils?|common|helpers?|misc|shared)(\/|\.ts$|\.go$)/;
  expect(
    sourceFiles(["src", "webview", "scripts", "test"], [".ts", ".go"]).filter((file) => drawers.test(file)),
  ).toEqual([]);
});

test("no test is skipped or left alone", () => {
  const left = /\b(test|it|describe|suite)\.(skip|only|todo)\b/;
  const tests = sourceFiles(["test"], [".ts"]).filter((file) => file !== "test/structure/files.test.ts");
  expect(tests.filter((file) => left.test(read(file)))).toEqual([]);
});

test("no file names a place on somebody's machine", () => {
  const place = /(?<![\w.$}*-])\/(home|root|Users|work)\/\w/;
  const texts = sourceFiles(["."], [".ts", ".mjs", ".go", ".md", ".json", ".yml"]).filter(
    (file) => !file.startsWith("test/") || file.endsWith(".md"),
  );
  expect(texts.filter((file) => place.test(read(file)))).toEqual([]);
});
