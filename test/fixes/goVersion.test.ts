/** Fixes write no Go that is newer than the version in the module's go.mod. */
import { expect, test } from "vitest";
import type { FixKind } from "../../src/server/core/finding.ts";
import { makeTree } from "../workspace/tree.ts";
import { mapNamed, programIn, rewritten } from "./rewriting.ts";

const STORE = `package store

var counts = map[string]int{}

var latest = map[string]interface{}{}

func Count(key string) { counts[key]++ }

var names = map[string]interface{}{}

func Name(key string, v interface{}) { names[key] = v }

func EachName(do func(string, interface{})) {
	for key, v := range names {
		do(key, v)
	}
}

func Total() (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func Set(key string, v interface{}) { latest[key] = v }

func Each(do func(string, interface{})) {
	for key, v := range latest {
		do(key, v)
	}
}

func Replace(next map[string]interface{}) {
	latest = make(map[string]interface{})
	for key, v := range next {
		latest[key] = v
	}
}
`;

async function made(goMod: string, map: string, kind: FixKind): Promise<string> {
  const program = await programIn(makeTree({ "go.mod": goMod, "store.go": STORE }));
  const files = rewritten(program, mapNamed(program.packages[0]!, map), kind);
  return typeof files === "string" ? files : [...files.values()].join("\n");
}

test("counters and snapshots are refused before Go 1.19, in words", async () => {
  expect(await made("module m\n\ngo 1.18\n", "counts", "atomic")).toBe(
    "The counters of sync/atomic came with Go 1.19, and the go.mod of counts names an older version or none; use a lock.",
  );
  expect(await made("module m\n\ngo 1.18\n", "latest", "snapshot")).toBe(
    "A snapshot needs atomic.Pointer of Go 1.19, and the go.mod of latest names an older version or none; use a lock.",
  );
  expect(await made("module m\n\ngo 1.19\n", "counts", "atomic")).toContain("atomic.Int64");
  expect(await made("module m\n\ngo 1.19\n", "latest", "snapshot")).toContain("atomic.Pointer[");
});

test("the empty interface is spelt out before Go 1.18", async () => {
  for (const kind of ["sync-map", "sharded", "channel", "rwmutex"] as const) {
    const counted = await made("module m\n\ngo 1.17\n", "counts", kind);
    const old = await made("module m\n\ngo 1.17\n", "names", kind);
    expect(`${counted}${old}`, kind).not.toMatch(/\bany\b/);
  }
  expect(await made("module m\n\ngo 1.17\n", "names", "sync-map")).toContain("interface{}) bool {");
  expect(await made("module m\n\ngo 1.18\n", "names", "sync-map")).toContain(" any) bool {");
});

test("a patch release is as good as its number, and no version at all stands for Go 1.16", async () => {
  expect(await made("module m\n\ngo 1.22.3\n", "counts", "atomic")).toContain("atomic.Int64");
  expect(await made("module m\n\ngo 1.9\n", "counts", "atomic")).toContain("Go 1.19");
  expect(await made("module m\n", "counts", "atomic")).toContain("Go 1.19");
  expect(await made("module m\n", "names", "sync-map")).toContain("interface{}) bool {");
});
