/**
 * Rewrites the file names in a record's stacks, and nothing else: from the build's own paths back to the
 * user's, or from absolute ones to what the command line prints.
 */
import type { ConflictAccess, Frame, RunRecord } from "../../protocol.ts";
import type { StreamRecord } from "./recordStream.ts";

/** Returns `record` with every frame's `file` replaced by `rewrite(file)`. */
export function withFramePaths<R extends RunRecord | StreamRecord>(
  record: R,
  rewrite: (file: string) => string,
): R {
  const frame = (f: Frame): Frame => ({ ...f, file: rewrite(f.file) });
  if (record.type === "map") {
    return { ...record, map: { ...record.map, created: record.map.created.map(frame) } };
  }
  if (record.type !== "conflict") return record;
  const access = (side: ConflictAccess): ConflictAccess => ({
    ...side,
    goroutine: { ...side.goroutine, created: side.goroutine.created.map(frame) },
    stack: side.stack.map(frame),
    recent: side.recent.map((event) => (event.frame ? { ...event, frame: frame(event.frame) } : event)),
  });
  return {
    ...record,
    map: { ...record.map, created: record.map.created.map(frame) },
    accesses: [access(record.accesses[0]), access(record.accesses[1])],
  };
}
