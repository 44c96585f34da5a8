/** What is advised: fitting the uses, in words without what is not there, and always a Fix that can be made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createCore, type Snapshot } from "../../src/server/core/core.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";
import { makeTree } from "../workspace/tree.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

async function snapshotOf(main: string): Promise<Snapshot> {
  const core = await createCore({
    treeSitterWasm: readFileSync(join(MODULES, "web-tree-sitter/web-tree-sitter.wasm")),
    goWasm: readFileSync(join(MODULES, "tree-sitter-go/tree-sitter-go.wasm")),
  });
  const root = makeTree({ "go.mod": "module m\n\ngo 1.22\n", "main.go": main });
  const workspace = new Workspace({ folders: [root], trusted: false, variables: process.env });
  return core.update(workspace.programs()[0]!.source);
}

async function adviceFor(main: string): Promise<{ kind: string; why: string; fixes: readonly string[] }[]> {
  const snapshot = await snapshotOf(main);
  return snapshot.findings().map((finding) => {
    const advice = snapshot.advice(finding);
    return { kind: advice?.kind ?? "", why: advice?.why ?? "", fixes: snapshot.fixes(finding) };
  });
}

test("what is there is counted, one in the singular, and what is not there is not named", async () => {
  const [advice] = await adviceFor(`package main

var names = map[string]string{}

func main() {
	go func() { names["a"] = "b" }()
	for range names {
	}
}
`);
  expect(advice).toMatchObject({
    kind: "rwmutex",
    why: "1 iteration and 1 write can share one read-write lock",
  });
});

test("a lock that is there is the one to take", async () => {
  const found = await adviceFor(`package main

import "sync"

type hub struct {
	mu    sync.Mutex
	calls map[string]int
}

func (h *hub) count(k string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls[k]++
}

func (h *hub) get(k string) int { return h.calls[k] }

func main() {
	h := &hub{calls: map[string]int{}}
	go h.count("a")
	println(h.get("a"))
}
`);
  expect(found).toEqual([
    { kind: "rwmutex", why: "take h.mu, which guards it elsewhere", fixes: ["rwmutex"] },
  ]);
});

test("counters that are also gone through as a whole are not advised to be atomic", async () => {
  const found = await adviceFor(`package main

import "encoding/json"

var calls = map[string]int{}

func main() {
	go func() { calls["a"]++ }()
	data, _ := json.Marshal(calls)
	println(string(data))
}
`);
  expect(found.map(({ kind }) => kind)).toEqual(["rwmutex", "rwmutex"]);
});

test("where the best cannot be made, another is advised and the reason given", async () => {
  const found = await adviceFor(`package main

var calls = map[string]int{}

func main() {
	go func() { calls["a"]++ }()
	go func() { calls["a"]++ }()
	if n, ok := calls["b"]; ok {
		println(n)
	}
}
`);
  expect(found.length).toBeGreaterThan(0);
  for (const { kind, why, fixes } of found) {
    expect(fixes).toContain(kind);
    expect(fixes).not.toContain("atomic");
    expect(why).toMatch(
      /^atomic would fit best \(all 2 writes count, .*\) but cannot be made by itself: .*main\.go:8/,
    );
  }
});

test("hover says the same", async () => {
  const snapshot = await snapshotOf(`package main

var names = map[string]string{}

func main() {
	go func() { names["a"] = "b" }()
	for range names {
	}
}
`);
  const [finding] = snapshot.findings();
  const [access] = finding!.accesses;
  expect(snapshot.hover(access.path, access.pos)?.markdown).toContain(
    "Advice: `rwmutex`: 1 iteration and 1 write can share one read-write lock.",
  );
});
