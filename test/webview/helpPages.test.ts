/** The help pages: one for every code, each with a wrong and a right program that Go's own tools accept. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RULES } from "../../src/server/core/rules/rules.ts";

const folder = new URL("../../media/help/", import.meta.url);
const codes = readdirSync(folder).map((file) => file.replace(/\.md$/, ""));
const textOf = (code: string) => readFileSync(new URL(`${code}.md`, folder), "utf8");
const programsOf = (code: string) =>
  [...textOf(code).matchAll(/```go\n(.*?)```/gs)].map((match) => match[1]!);

let module: string;

beforeAll(() => {
  module = mkdtempSync(join(tmpdir(), "maprace-help-"));
  writeFileSync(join(module, "go.mod"), "module help\n\ngo 1.22\n");
  for (const code of codes) {
    for (const [index, program] of programsOf(code).entries()) {
      const place = join(module, code, index === 0 ? "wrong" : "right");
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, "main.go"), program);
    }
  }
});

afterAll(() => rmSync(module, { recursive: true, force: true }));

it("has a page for every rule", () => {
  for (const code of RULES.keys()) expect(codes).toContain(code);
});

describe.each(codes)("the page of %s", (code) => {
  it("says what is flagged, shows a wrong and a right program, what is ignored and what fixes it", () => {
    const text = textOf(code);
    expect(text).toMatch(/^# \S/);
    expect(text).toContain(`\n\`${code}\`\n`);
    const sections = text.match(/^## .*$/gm)?.filter((section) => section !== "## Contracts");
    expect(sections).toEqual(["## Wrong", "## Right", "## What it ignores", "## Fixes"]);
    expect(programsOf(code)).toHaveLength(2);
  });

  it("links to pages that exist", () => {
    for (const [, target] of textOf(code).matchAll(/\]\(([\w-]+)\.md\)/g)) expect(codes).toContain(target);
  });
});

it("shows programs that compile, pass go vet and are formatted", { timeout: 120_000 }, () => {
  const options = {
    cwd: module,
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "", GOPROXY: "off" },
  } as const;
  expect(execFileSync("gofmt", ["-l", "."], options)).toBe("");
  expect(execFileSync("go", ["vet", "./..."], options)).toBe("");
});
