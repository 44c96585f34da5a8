/** The stream is read while it is written, whatever state its last line is in. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LineFollower, parseRecordLine } from "../../src/server/run/recordStream.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "maprace-test-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("lines arrive while the writer still has the file, before it has ended", async () => {
  const file = path.join(folder, "stream");
  const lines: string[] = [];
  let arrived: (() => void) | undefined;
  const follower = new LineFollower(file, (line) => {
    lines.push(line);
    arrived?.();
  });
  follower.start();
  const live = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  writeFileSync(file, '{"a":1}\n{"b"');
  await live;
  expect(lines).toEqual(['{"a":1}']);
  appendFileSync(file, ":2}\n");
  expect(await follower.finish()).toBe("");
  expect(lines).toEqual(['{"a":1}', '{"b":2}']);
});

test("a file that never came gives nothing, an incomplete last line is handed over apart", async () => {
  const missing = new LineFollower(path.join(folder, "none"), () => expect.unreachable());
  expect(await missing.finish()).toBe("");
  const file = path.join(folder, "cut");
  writeFileSync(file, "whole\nhal");
  const lines: string[] = [];
  const cut = new LineFollower(file, (line) => lines.push(line));
  expect(await cut.finish()).toBe("hal");
  expect(lines).toEqual(["whole"]);
});

test("characters are not torn apart at the edge of a read", async () => {
  const file = path.join(folder, "wide");
  const long = "é🗺".repeat(40_000);
  writeFileSync(file, `${long}\nend\n`);
  const lines: string[] = [];
  await new LineFollower(file, (line) => lines.push(line)).finish();
  expect(lines).toEqual([long, "end"]);
});

test("a folder in the file's place is an error, not an empty stream", async () => {
  await expect(new LineFollower(folder, () => {}).finish()).rejects.toThrow(/EISDIR/);
});

test("records, records of a kind that is not known, and damage are told apart", () => {
  const end = { type: "end", conflicts: 0, dropped: 0, hooks: 3, pid: 9 };
  expect(parseRecordLine(JSON.stringify(end))).toEqual({ kind: "record", record: end });
  expect(parseRecordLine('{"type":"weather","pid":1}')).toEqual({ kind: "unknown", type: "weather" });
  for (const damaged of [
    '{"type":"conf',
    "null",
    "[]",
    '{"id":1}',
    '{"type":"conflict","id":1,"map":{},"accesses":[]}',
  ]) {
    expect(parseRecordLine(damaged)).toEqual({ kind: "broken" });
  }
});
