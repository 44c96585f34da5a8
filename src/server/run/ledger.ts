/**
 * Keeps the Conflicts of one run. A run may be several processes (a test binary per package, a program that
 * starts itself again, repeated schedules), each numbering its own records: the ledger gives one number to
 * each pair of places and adds up the counts. It decides what belongs together; it prints and waits for nothing.
 */
import type { Conflict, ConflictAccess, MapMix, RunEnd, RunRecord } from "../../protocol.ts";
import type { ProgramEnd } from "./programRun.ts";
import { UNKNOWN_MEMORY } from "./raceReport.ts";
import type { StreamRecord } from "./recordStream.ts";

/** The Conflicts of one run, as far as it has come. */
export interface Ledger {
  /** The program is started (again): from here on the same process ids are other processes. */
  beginRun(): void;
  /** Takes one record of a process; returns what a listener is to be told, if anything. */
  add(record: StreamRecord): RunRecord | undefined;
  /** Every Conflict so far, by number. */
  conflicts(): Conflict[];
  /** The starts of the program, counted from 1, in which a Conflict was seen; in order. */
  runsWith(conflictId: number): number[];
  /** Puts into a Conflict how often exploring saw it; returns it. */
  setExplored(conflictId: number, explored: NonNullable<Conflict["explored"]>): Conflict;
  /** The run's last record, from how each start of the program ended: the first that failed gives the status. */
  end(programs: readonly ProgramEnd[]): RunEnd;
}

interface Entry {
  conflict: Conflict;
  /** Latest count by source: the same pair may have been found by several processes. */
  readonly counts: Map<string, number>;
  readonly runs: Set<number>;
}

/** Makes an empty ledger. */
export function createLedger(): Ledger {
  const entries = new Map<string, Entry>();
  const entryOfSource = new Map<string, Entry>();
  /** Process ids are used again, by a later start or by a program that replaces itself: each life has a number. */
  const lives = new Map<number, number>();
  const open = new Set<number>();
  let lifeCount = 0;
  let runs = 0;
  let dropped = 0;
  let hooks = 0;

  const beginLife = (pid: number): number => {
    lifeCount++;
    lives.set(pid, lifeCount);
    return lifeCount;
  };
  const lifeOf = (pid: number): number => lives.get(pid) ?? beginLife(pid);
  /** Map ids are unique within a process; the first process (nearly always the only one) keeps them plain. */
  const mapId = (life: number, id: string): string => (life === 1 ? id : `${life}/${id}`);

  const addConflict = ({ pid, ...incoming }: Conflict & { pid: number }): Conflict | undefined => {
    const life = lifeOf(pid);
    const source = `${life}:${incoming.id}`;
    const pair = pairOfPlaces(incoming) ?? source;
    const known = entryOfSource.get(source) ?? entries.get(pair);
    const { id } = incoming.map;
    const map = id === undefined ? incoming.map : { ...incoming.map, id: mapId(life, id) };
    if (!known) {
      const entry: Entry = {
        conflict: { ...incoming, map, id: entries.size + 1 },
        counts: new Map([[source, incoming.count]]),
        runs: new Set([runs]),
      };
      entries.set(pair, entry);
      entryOfSource.set(source, entry);
      return entry.conflict;
    }
    entryOfSource.set(source, known);
    known.runs.add(runs);
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

  const entryOf = (conflictId: number): Entry => {
    const entry = [...entries.values()][conflictId - 1];
    if (!entry) throw new Error(`no conflict ${conflictId} in the ledger`);
    return entry;
  };

  return {
    beginRun() {
      runs++;
      lives.clear();
    },
    add(record) {
      switch (record.type) {
        case "start": {
          const life = beginLife(record.pid);
          open.add(life);
          hooks = Math.max(hooks, record.hooks);
          return life === 1 ? record : undefined;
        }
        case "conflict":
          return addConflict(record);
        case "count": {
          const source = `${lifeOf(record.pid)}:${record.id}`;
          const entry = entryOfSource.get(source);
          return entry && setCount(entry, source, record.count);
        }
        case "map": {
          const { pid, ...mix } = record;
          return { ...(mix as MapMix), id: mapId(lifeOf(pid), mix.id) };
        }
        case "end": {
          open.delete(lifeOf(record.pid));
          dropped += record.dropped;
          return undefined;
        }
      }
    },
    conflicts: () => [...entries.values()].map((entry) => entry.conflict),
    runsWith: (conflictId) => [...entryOf(conflictId).runs],
    setExplored(conflictId, explored) {
      const entry = entryOf(conflictId);
      entry.conflict = { ...entry.conflict, explored };
      return entry.conflict;
    },
    end(programs) {
      const decisive = programs.find(({ exitCode }) => exitCode !== 0) ?? programs[0];
      const damaged = programs.reduce((sum, program) => sum + program.damaged, 0);
      return {
        type: "end",
        exitCode: decisive?.exitCode ?? 0,
        conflicts: entries.size,
        dropped: dropped + damaged,
        hooks,
        ...(open.size > 0 ? { truncated: true } : {}),
        ...(decisive?.death === undefined ? {} : { death: decisive.death }),
      };
    },
  };
}

/** Names the two places of a Conflict, whichever came first; a side without a stack has no place to share. */
function pairOfPlaces(conflict: Conflict): string | undefined {
  const place = (access: ConflictAccess): string | undefined => {
    const top = access.stack[0];
    return top && `${access.kind} ${top.function} ${top.file}:${top.line}`;
  };
  const [first, second] = conflict.accesses.map(place);
  return first === undefined || second === undefined ? undefined : [first, second].sort().join("\n");
}
