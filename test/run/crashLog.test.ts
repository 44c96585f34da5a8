/** How a program died is read from its stderr, and only from the runtime's own words. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { conflictOfCrash, createCrashReader } from "../../src/server/run/crashLog.ts";

function crashOf(text: string, pieceLength = text.length) {
  const reader = createCrashReader();
  for (let at = 0; at < text.length; at += pieceLength) reader.feed(text.slice(at, at + pieceLength));
  return reader.crash();
}

function log(name: string): string {
  return readFileSync(new URL(`logs/${name}`, import.meta.url), "utf8");
}

test("a write into a map that nobody made: the panic and its stack", () => {
  const crash = crashOf(log("nil-map-panic.log"));
  expect(crash?.death).toBe("panic: assignment to entry in nil map");
  expect(crash?.goroutines[0]).toEqual({
    id: 1,
    state: "running",
    stack: [{ function: "main.main", file: "/home/dev/shop/main.go", line: 53 }],
    created: [],
  });
});

test("the text may come in pieces of any size", () => {
  const whole = crashOf(log("concurrent-map-writes.log"));
  for (const size of [1, 7, 64]) expect(crashOf(log("concurrent-map-writes.log"), size)).toEqual(whole);
});

test("of a chain of panics the last one is the death", () => {
  expect(crashOf(log("repanic.log"))?.death).toBe("panic: again: first");
});

test("a program that logs the word panic has not died of it", () => {
  expect(crashOf("panic: attack detected\nfatal error: no coffee\ngoing on\n")).toBeUndefined();
});

test("a fatal error about a map is a Conflict with the side that the dump tells", () => {
  const conflict = conflictOfCrash(crashOf(log("concurrent-map-writes.log"))!, 3);
  expect(conflict?.id).toBe(3);
  const [earlier, later] = conflict!.accesses;
  expect(later.kind).toBe("write");
  expect(later.goroutine.id).toBe(15);
  expect(later.goroutine.created).toEqual([
    { function: "main.main", file: "/home/dev/shop/main.go", line: 56 },
  ]);
  expect(later.stack).toEqual([{ function: "main.main.func5", file: "/home/dev/shop/main.go", line: 56 }]);
  expect(earlier).toEqual({
    kind: "write",
    goroutine: { id: 0, created: [] },
    stack: [],
    when: 0,
    recent: [],
  });
});

test("the other side is the dumped goroutine that is inside a map operation", () => {
  const dump = `${log("concurrent-map-writes.log").replace("concurrent map writes", "concurrent map iteration and map write")}
goroutine 7 [sleep]:
time.Sleep(0x3b9aca00)
	/opt/go/src/runtime/time.go:338 +0x165
main.idle()
	/home/dev/shop/idle.go:8 +0x1d

goroutine 8 [runnable]:
runtime.mapassign_faststr(0x4b1a40, 0xc000012150, {0x4c2b3d, 0x1})
	/opt/go/src/runtime/map_faststr.go:203 +0x39c
main.(*cache).set(...)
	/home/dev/shop/cache.go:19
created by main.main in goroutine 1
	/home/dev/shop/main.go:12 +0x4f
`;
  const [earlier, later] = conflictOfCrash(crashOf(dump)!, 1)!.accesses;
  expect(later.kind).toBe("iterate");
  expect(earlier.goroutine.id).toBe(8);
  expect(earlier.stack[0]).toEqual({
    function: "main.(*cache).set",
    file: "/home/dev/shop/cache.go",
    line: 19,
  });
});

test("other deaths are no Conflict", () => {
  expect(conflictOfCrash(crashOf(log("nil-map-panic.log"))!, 1)).toBeUndefined();
});
