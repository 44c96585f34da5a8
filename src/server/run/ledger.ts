/**
 * Keeps the Conflicts of one run. A run may be several processes (a test binary per package, a program that
 * starts itself again, repeated schedules), each numbering its own records: the ledger gives one number to
 * each pair of places and adds up the counts. It decides what belongs together; it prints and waits for nothing.
 */
import type { Conflict, ConflictAccess, MapMix, RunEnd, RunRecord } from "../../protocol.ts";
import { UNKNOWN_MEMORY } from "./raceReport.ts";
import type { StreamRecord } from "./recordStream.ts";

/** How the watched program ended, as its parent saw it. */
export interface ProgramEnd {
  /** The program's own exit status; 128 + signal number when a signal ended it. */
  readonly exitCode: number;
  /** How it died, where it did. */
  readonly death?: string;
  /** Reports that were seen damaged by the reader. */
  readonly damaged: number;
}

/** The Conflicts of one run, as far as it has come. */
export interface Ledger {
  /** Takes one record of a process; returns what a listener is to be told, if anything. */
  add(record: StreamRecord): RunRecord | undefined;
  /** Whether any process has proved that the detector runs in it. */
  started(): boolean;
  /** The processes that have started and not told their end. */
  openProcesses(): number[];
  /** Every Conflict so far, by number. */
  conflicts(): Conflict[];
  /** The run's last record. */
  end(program: ProgramEnd): RunEnd;
}

interface Entry {
  conflict: Conflict;
  /** Latest count by source: one process may find the pair on several maps of its own numbering. */
  readonly counts: Map<string, number>;
}

/** Makes an empty ledger. */
export function createLedger(): Ledger {
  const entries = new Map<string, Entry>();
  const entryOfSource = new Map<string, Entry>();
  const startedProcesses = new Set<number>();
  const endedProcesses = new Set<number>();
  let firstProcess: number | undefined;
  let told = false;
  let dropped = 0;
  let hooks = 0;

  /** Map ids are unique within a process; the first process (nearly always the only one) keeps them plain. */
  const mapId = (pid: number, id: string): string => {
    firstProcess ??= pid;
    return pid === firstProcess ? id : `${pid}/${id}`;
  };

  const addConflict = ({ pid, ...incoming }: Conflict & { pid: number }): Conflict | undefined => {
    const source = `${pid}:${incoming.id}`;
    const known = entryOfSource.get(source) ?? entries.get(pairOfPlaces(incoming, source));
    const map =
      incoming.map.id === undefined ? incoming.map : { ...incoming.map, id: mapId(pid, incoming.map.id) };
    if (!known) {
      const entry: Entry = {
        conflict: { ...incoming, map, id: entries.size + 1 },
        counts: new Map([[source, incoming.count]]),
      };
      entries.set(pairOfPlaces(incoming, source), entry);
      entryOfSource.set(source, entry);
      return entry.conflict;
    }
    entryOfSource.set(source, known);
    // `-race` names the map in one report and only the memory of its slot in the next.
    if (known.conflict.map.type === UNKNOWN_MEMORY) known.conflict = { ...known.conflict, map };
    return setCount(known, source, incoming.count);
  };

  const setCount = (entry: Entry, source: string, sourceCount: number): Conflict | undefined => {
    if (entry.counts.get(source) === sourceCount) return undefined;
    entry.counts.set(source, sourceCount);
    let count = 0;
    for (const n of entry.counts.values()) count += n;
    entry.conflict = { ...entry.conflict, count };
    return entry.conflict;
  };

  return {
    add(record) {
      switch (record.type) {
        case "start": {
          startedProcesses.add(record.pid);
          firstProcess ??= record.pid;
          hooks = Math.max(hooks, record.hooks);
          if (told) return undefined;
          told = true;
          return record;
        }
        case "conflict":
          return addConflict(record);
        case "count": {
          const source = `${record.pid}:${record.id}`;
          const entry = entryOfSource.get(source);
          return entry && setCount(entry, source, record.count);
        }
        case "map": {
          const { pid, ...mix } = record;
          return { ...(mix as MapMix), id: mapId(pid, mix.id) };
        }
        case "end": {
          endedProcesses.add(record.pid);
          dropped += record.dropped;
          return undefined;
        }
      }
    },
    started: () => startedProcesses.size > 0,
    openProcesses: () => [...startedProcesses].filter((pid) => !endedProcesses.has(pid)),
    conflicts: () => [...entries.values()].map((entry) => entry.conflict),
    end(program) {
      const truncated = [...startedProcesses].some((pid) => !endedProcesses.has(pid));
      return {
        type: "end",
        exitCode: program.exitCode,
        conflicts: entries.size,
        dropped: dropped + program.damaged,
        hooks,
        ...(truncated ? { truncated } : {}),
        ...(program.death === undefined ? {} : { death: program.death }),
      };
    },
  };
}

/** Names the two places of a Conflict, whichever came first; a side without a stack has no place to share. */
function pairOfPlaces(conflict: Conflict, fallback: string): string {
  const place = (access: ConflictAccess): string | undefined => {
    const top = access.stack[0];
    return top && `${access.kind} ${top.function} ${top.file}:${top.line}`;
  };
  const [first, second] = conflict.accesses.map(place);
  if (first === undefined || second === undefined) return fallback;
  return [first, second].sort().join("\n");
}
