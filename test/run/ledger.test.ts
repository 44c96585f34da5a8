/** One number for each pair of places, over all processes of a run; nothing is lost in the adding up. */
import { expect, test } from "vitest";
import type { Conflict, Frame } from "../../src/protocol.ts";
import { createLedger } from "../../src/server/run/ledger.ts";

const frame = (line: number): Frame => ({ function: "main.set", file: "/app/main.go", line });

function conflict(id: number, lines: [number, number], count = 1, pid = 10): Conflict & { pid: number } {
  const side = (line: number) => ({
    kind: "write" as const,
    goroutine: { id: line, created: [] },
    stack: [frame(line)],
    when: 1,
    recent: [],
  });
  return {
    type: "conflict",
    pid,
    id,
    map: { type: "map[string]int", created: [frame(1)], id: "map-1" },
    accesses: [side(lines[0]), side(lines[1])],
    count,
  };
}

const start = (pid: number) =>
  ({ type: "start", mode: "maps", goVersion: "go1.26", pid, hooks: 42 }) as const;
const end = (pid: number, dropped = 0) => ({ type: "end", pid, conflicts: 0, dropped, hooks: 42 }) as const;

test("a later record with the same id replaces the earlier, and no change tells nothing", () => {
  const ledger = createLedger();
  ledger.add(start(10));
  expect(ledger.add(conflict(7, [3, 4]))).toMatchObject({ id: 1, count: 1 });
  expect(ledger.add(conflict(7, [3, 4], 5))).toMatchObject({ id: 1, count: 5 });
  expect(ledger.add(conflict(7, [3, 4], 5))).toBeUndefined();
  expect(ledger.conflicts()).toHaveLength(1);
});

test("a count that comes at the end of a process goes into its conflict", () => {
  const ledger = createLedger();
  ledger.add(conflict(7, [3, 4]));
  expect(ledger.add({ type: "count", pid: 10, id: 7, count: 12 })).toMatchObject({
    type: "conflict",
    id: 1,
    count: 12,
  });
  expect(ledger.add({ type: "count", pid: 10, id: 8, count: 2 })).toBeUndefined();
});

test("two processes that find the same pair share a number, and their counts add up in either order", () => {
  const ledger = createLedger();
  for (const pid of [10, 11]) ledger.add(start(pid));
  ledger.add(conflict(1, [3, 4], 2, 10));
  expect(ledger.add(conflict(1, [4, 3], 3, 11))).toMatchObject({ id: 1, count: 5 });
  expect(ledger.add(conflict(2, [8, 9], 1, 11))).toMatchObject({ id: 2, count: 1, map: { id: "2/map-1" } });
  expect(ledger.add(conflict(1, [3, 4], 4, 10))).toMatchObject({ id: 1, count: 7 });
});

test("the end adds up drops, and says when a process never closed its books", () => {
  const ledger = createLedger();
  expect(ledger.add(start(10))).toMatchObject({ type: "start", hooks: 42 });
  expect(ledger.add(start(11))).toBeUndefined();
  ledger.add(end(10, 2));
  expect(ledger.end([{ exitCode: 137, damaged: 1, death: "signal: SIGKILL" }])).toEqual({
    type: "end",
    exitCode: 137,
    conflicts: 0,
    dropped: 3,
    hooks: 42,
    truncated: true,
    death: "signal: SIGKILL",
  });
  ledger.add(end(11));
  expect(ledger.end([{ exitCode: 0, damaged: 0 }])).toEqual({
    type: "end",
    exitCode: 0,
    conflicts: 0,
    dropped: 2,
    hooks: 42,
  });
});

test("a program that replaces itself keeps its process id and numbers anew", () => {
  const ledger = createLedger();
  ledger.add(start(10));
  ledger.add(conflict(1, [3, 4], 2));
  ledger.add(start(10));
  expect(ledger.add(conflict(1, [8, 9]))).toMatchObject({ id: 2, map: { id: "2/map-1" } });
  // What was there before can no longer close its books.
  ledger.add(end(10));
  expect(ledger.end([{ exitCode: 0, damaged: 0 }])).toMatchObject({ truncated: true, conflicts: 2 });
});

test("it knows in which runs a conflict was seen, and the first failure gives the status", () => {
  const ledger = createLedger();
  const seen: [number, number][][] = [
    [[3, 4]],
    [],
    [
      [8, 9],
      [3, 4],
    ],
  ];
  for (const pairs of seen) {
    ledger.beginRun();
    ledger.add(start(10));
    pairs.forEach((pair, index) => {
      ledger.add(conflict(index + 1, pair));
    });
    ledger.add(end(10));
  }
  expect([ledger.runsWith(1), ledger.runsWith(2)]).toEqual([[1, 3], [3]]);
  const ok = { exitCode: 0, damaged: 0 };
  expect(
    ledger.end([ok, { exitCode: 2, damaged: 0, death: "panic: x" }, { exitCode: 1, damaged: 0 }]),
  ).toMatchObject({
    exitCode: 2,
    death: "panic: x",
    conflicts: 2,
  });
});
