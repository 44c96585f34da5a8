/**
 * What a report tells of the goroutines around a conflict: their own steps, each at a line of the user's, and
 * nothing of what the library does between its own locks.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildWatched, runWatched, scratchFolder } from "./prepare.ts";

const FIXTURE = path.join(import.meta.dirname, "fixtures/events");
const { folder, remove } = scratchFolder();
afterAll(remove);

/** The line of the fixture that ends with a comment, or holds a text. */
function lineOf(text: string): number {
  const lines = readFileSync(path.join(FIXTURE, "main.go"), "utf8").split("\n");
  return lines.findIndex((line) => line.endsWith(text)) + 1;
}

const program = path.join(folder, "program");
beforeAll(() => buildWatched(FIXTURE, program, { cacheDir: path.join(folder, "cache") }), 240_000);

test("the steps of both goroutines, at the user's lines", () => {
  const { conflicts, process } = runWatched(program, [], path.join(folder, "stream.jsonl"));
  expect(process.status, process.stderr).toBe(0);
  const sides = new Map(conflicts[0]?.accesses.map((access) => [access.kind, access]));
  const steps = (kind: "read" | "write"): string[] =>
    (sides.get(kind)?.recent ?? []).map(({ kind, what, frame }) => `${kind} ${what} at ${frame?.line}`);

  expect(sides.get("write")?.stack[0]?.line).toBe(lineOf("// written"));
  const lock = lineOf("s.mu.Lock()");
  expect(steps("write")).toEqual(
    expect.arrayContaining([
      `acquire receive from channel at ${lineOf("// received")}`,
      `acquire lock mutex at ${lock}`,
    ]),
  );
  expect(steps("read")).toEqual(
    expect.arrayContaining([`acquire read lock at ${lineOf("s.other.RLock()")}`]),
  );
  expect([...steps("write"), ...steps("read")].filter((step) => step.includes("log."))).toEqual([]);
  for (const side of sides.values()) {
    const [start, ...others] = side.recent;
    expect(start).toMatchObject({ kind: "start", object: `goroutine-${side.goroutine.id}` });
    for (const event of others) expect(event.frame?.function, JSON.stringify(event)).toMatch(/^main\./);
  }
  // What is told of the order does not depend on how coarse the clock is.
  const written = sides.get("write");
  const moment = (what: string): number => written?.recent.find((event) => event.what === what)?.when ?? -1;
  expect(moment("lock mutex")).toBeLessThanOrEqual(written?.when ?? 0);
  expect(moment("unlock mutex")).toBeGreaterThan(written?.when ?? 0);
});

test("that one goroutine started the other, and when", () => {
  const { conflicts } = runWatched(program, ["parent"], path.join(folder, "stream.jsonl"));
  const [child, parent] = conflicts[0]?.accesses ?? [];
  expect(parent?.stack[0]?.line).toBe(lineOf("// by the parent"));
  const started = parent?.recent.find(({ kind }) => kind === "go");
  expect(started).toMatchObject({
    what: `start goroutine ${child?.goroutine.id}`,
    object: `goroutine-${child?.goroutine.id}`,
    frame: { function: "main.parent", line: lineOf("// started") },
  });
  const starts = child?.recent[0];
  expect(starts).toMatchObject({ kind: "start", object: started?.object });
  expect(starts?.when).toBeGreaterThan(started?.when ?? Number.NaN);
  expect(child?.when).toBeGreaterThanOrEqual(starts?.when ?? Number.NaN);
});
