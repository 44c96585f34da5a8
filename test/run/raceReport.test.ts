/** Reports of Go's own race detector, as Go 1.21 to 1.26 print them, become Conflicts. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseRaceLog, UNKNOWN_MAP_TYPE, UNKNOWN_MEMORY } from "../../src/server/run/raceReport.ts";

function log(name: string): string {
  return readFileSync(new URL(`logs/${name}`, import.meta.url), "utf8");
}

test("both stacks begin at the user's line, and both goroutines know where they were made", () => {
  const [conflict] = parseRaceLog(log("race-then-fatal.log"));
  expect(conflict).toEqual({
    type: "conflict",
    id: 1,
    map: { type: UNKNOWN_MAP_TYPE, created: [] },
    accesses: [
      {
        kind: "write",
        goroutine: { id: 10, created: [{ function: "main.main", file: "/home/dev/shop/main.go", line: 31 }] },
        stack: [
          { function: "main.worker", file: "/home/dev/shop/main.go", line: 23 },
          { function: "main.main.gowrap1", file: "/home/dev/shop/main.go", line: 31 },
        ],
        when: 0,
        recent: [],
      },
      {
        kind: "write",
        goroutine: { id: 9, created: [{ function: "main.main", file: "/home/dev/shop/main.go", line: 31 }] },
        stack: [
          { function: "main.worker", file: "/home/dev/shop/main.go", line: 23 },
          { function: "main.main.gowrap1", file: "/home/dev/shop/main.go", line: 31 },
        ],
        when: 0,
        recent: [],
      },
    ],
    count: 1,
  });
});

test("a report on memory that no map function touched is not called a map", () => {
  const types = parseRaceLog(log("race-then-fatal.log")).map((conflict) => conflict.map.type);
  expect(types).toEqual([UNKNOWN_MAP_TYPE, UNKNOWN_MEMORY]);
});

test("the main goroutine, an iteration and a stack that was lost are told as such", () => {
  const [conflict] = parseRaceLog(log("race-main-goroutine.log"));
  const [earlier, later] = conflict!.accesses;
  expect(later.kind).toBe("iterate");
  expect(later.goroutine).toEqual({ id: 1, created: [] });
  expect(later.stack[0]).toEqual({
    function: "example.com/shop.(*Catalog).Names",
    file: "/home/dev/shop/catalog.go",
    line: 40,
  });
  expect(earlier.stack).toEqual([]);
  expect(earlier.goroutine.created).toHaveLength(1);
});

test("paths with drive letters and Windows line ends are read too", () => {
  const conflicts = parseRaceLog(log("race-main-goroutine.log").replaceAll("\n", "\r\n"));
  expect(conflicts).toHaveLength(2);
  expect(conflicts[1]!.accesses[1].stack[0]).toEqual({
    function: "main.main.func2",
    file: "C:/Users/dev/shop/main.go",
    line: 33,
  });
});

test("a log that breaks off keeps the report whose two stacks had come", () => {
  const text = log("race-then-fatal.log");
  const beforeCreation = text.slice(0, text.indexOf("Goroutine 9 (running)"));
  const [conflict] = parseRaceLog(beforeCreation);
  expect(conflict!.accesses.map((access) => access.goroutine.id)).toEqual([10, 9]);
  const beforePrevious = text.slice(0, text.indexOf("Previous write"));
  expect(parseRaceLog(beforePrevious)).toEqual([]);
});

test("text without reports gives nothing", () => {
  expect(parseRaceLog("==================\nall good\n==================\n")).toEqual([]);
  expect(parseRaceLog("")).toEqual([]);
});
