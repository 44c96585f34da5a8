import { describe, expect, it } from "vitest";
import {
  type BuildTarget,
  goVersionOf,
  isInBuild,
  nameMatches,
} from "../../src/server/workspace/buildConstraints.ts";
import { readFileHead } from "../../src/server/workspace/fileHead.ts";

const linux: BuildTarget = {
  goos: "linux",
  goarch: "amd64",
  cgo: true,
  goMinor: 24,
  tags: new Set(["mine", "amd64.v1", "goexperiment.swissmap"]),
};

describe("nameMatches", () => {
  it.each([
    ["a.go", true],
    ["a_linux.go", true],
    ["a_windows.go", false],
    ["a_linux_amd64.go", true],
    ["a_linux_arm64.go", false],
    ["a_amd64_test.go", true],
    ["a_darwin_test.go", false],
    ["linux.go", true],
    ["windows.go", true],
    ["a_unix.go", true],
    ["a_plan9_linux.go", true],
    ["a_windows.extra.go", false],
  ])("%s → %s", (name, expected) => {
    expect(nameMatches(name, linux)).toBe(expected);
  });

  it("takes linux files for android, darwin files for ios", () => {
    expect(nameMatches("a_linux.go", { ...linux, goos: "android" })).toBe(true);
    expect(nameMatches("a_darwin.go", { ...linux, goos: "ios" })).toBe(true);
  });
});

describe("isInBuild", () => {
  const withConstraint = (expression: string) => readFileHead(`//go:build ${expression}\n\npackage p\n`);

  it.each([
    ["linux", true],
    ["!linux", false],
    ["unix && amd64", true],
    ["windows || (darwin && cgo) || go1.18", true],
    ["!go1.25", true],
    ["go1.25", false],
    ["mine", true],
    ["ignore", false],
    ["gc && !gccgo", true],
    ["amd64.v1 && goexperiment.swissmap", true],
    ["!!linux", true],
    ["linux &&", false],
    ["(linux", false],
    ["linux darwin", false],
  ])("%s → %s", (expression, expected) => {
    expect(isInBuild("a.go", withConstraint(expression), linux)).toBe(expected);
  });

  it("needs every +build line, one option of each, every term of the option", () => {
    const head = (lines: string) => readFileHead(`${lines}\n\npackage p\n`);
    expect(isInBuild("a.go", head("// +build windows linux,amd64"), linux)).toBe(true);
    expect(isInBuild("a.go", head("// +build linux\n// +build !cgo"), linux)).toBe(false);
    expect(isInBuild("a.go", head("//go:build linux\n// +build windows"), linux)).toBe(true);
  });

  it("leaves cgo files out without cgo", () => {
    const head = readFileHead('package p\nimport "C"\n');
    expect(isInBuild("a.go", head, linux)).toBe(true);
    expect(isInBuild("a.go", head, { ...linux, cgo: false })).toBe(false);
  });

  it("leaves out hidden files, other languages and documentation", () => {
    const head = readFileHead("package p\n");
    expect(isInBuild("_a.go", head, linux)).toBe(false);
    expect(isInBuild(".a.go", head, linux)).toBe(false);
    expect(isInBuild("a.s", head, linux)).toBe(false);
    expect(isInBuild("doc.go", readFileHead("package documentation\n"), linux)).toBe(false);
  });
});

describe("goVersionOf", () => {
  it.each([
    ["go1.22", "1.22"],
    ["linux && go1.24", "1.24"],
    ["(linux && go1.23) || (windows && go1.25)", "1.23"],
    ["go1.24 && !(go1.26 || linux)", "1.24"],
    ["go1.18", "1.21"],
    ["linux", ""],
    ["linux || go1.22", ""],
    ["!go1.22", ""],
    ["go1.22 &&", ""],
  ])("%s → %s", (expression, expected) => {
    expect(goVersionOf(readFileHead(`//go:build ${expression}\n\npackage p\n`))).toBe(expected);
  });

  it("is none without a constraint", () => {
    expect(goVersionOf(readFileHead("package p\n"))).toBe("");
  });
});
