/** What the cases of fixtures/program must come to, on every system: see the list that it prints. */
import { expect } from "vitest";
import type { WatchedRun } from "./prepare.ts";

/** The names of the cases, out of what the program says when it is run without arguments. */
export function listCases(output: string): Record<"silent" | "reported", string[]> {
  const cases: Record<"silent" | "reported", string[]> = { silent: [], reported: [] };
  for (const line of output.trim().split(/\r?\n/)) {
    const [, group, name] = /^(silent|reported) (.*)$/.exec(line) ?? [];
    cases[group as "silent" | "reported"].push(name ?? "");
  }
  expect(cases.silent.length).toBeGreaterThan(20);
  expect(cases.reported.length).toBeGreaterThan(15);
  return cases;
}

/** A way of handing over was seen for what it is. */
export function expectSilent(name: string, run: WatchedRun): void {
  expect(run.process.status, `${name}: ${run.process.stderr}`).toBe(0);
  expect(run.records[0]?.type, name).toBe("start");
  expect(run.records.at(-1), name).toMatchObject({ type: "end", conflicts: 0, dropped: 0 });
  expect(run.conflicts, name).toEqual([]);
}

/** A conflict was reported, with both sides and the map. */
export function expectReported(name: string, run: WatchedRun): void {
  expect(run.conflicts.length, `${name}: ${run.process.stderr}`).toBeGreaterThan(0);
  const [first] = run.conflicts;
  for (const access of first?.accesses ?? []) {
    expect(access.stack[0]?.line, name).toBeGreaterThan(0);
    expect(
      access.stack.some((frame) => frame.function.startsWith("main.")),
      name,
    ).toBe(true);
  }
  expect(first?.map.created.length, name).toBeGreaterThan(0);
  expect(first?.map.type, name).toMatch(/^map\[/);
}
