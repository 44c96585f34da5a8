/** Keeps what one run has told: decides which record replaces which, and says in words how the run stands. */
import type { RunEnd, RunRecord } from "../protocol.ts";

/**
 * Adds a record to those of its run, in place. A conflict or a map that is told again replaces what was known of it, and a
 * start record begins afresh: the adapter runs the program again under the same session.
 */
export function addRecord(records: RunRecord[], record: RunRecord): void {
  if (record.type === "start") records.length = 0;
  const same = records.findIndex(
    (known) =>
      (known.type === "conflict" && record.type === "conflict" && known.id === record.id) ||
      (known.type === "map" && record.type === "map" && known.id === record.id),
  );
  if (same === -1) records.push(record);
  else records[same] = record;
}

/** How many different conflicts the records tell of. */
export function conflictCount(records: readonly RunRecord[]): number {
  return records.filter((record) => record.type === "conflict").length;
}

/** One sentence about a run that has ended, or that is still going when there is no end record. */
export function describeRun(records: readonly RunRecord[], running: boolean): string {
  const count = conflictCount(records);
  const conflicts = count === 1 ? "1 conflict" : `${count} conflicts`;
  const end = records.find((record): record is RunEnd => record.type === "end");
  if (running) {
    if (!records.some((record) => record.type === "start")) return "Building…";
    return count === 0 ? "Running, no conflicts so far" : `Running, ${conflicts} so far`;
  }
  if (end === undefined)
    return count === 0 ? "Ended before it could be watched" : `Ended early, ${conflicts}`;
  const death = end.death === undefined ? `exit status ${end.exitCode}` : end.death;
  const dropped = end.dropped === 0 ? "" : `; ${end.dropped} events were dropped`;
  const truncated = end.truncated ? "; the end of the recording is missing" : "";
  return `${count === 0 ? "No conflicts" : conflicts} (${death}${dropped}${truncated})`;
}
