/**
 * A core that does what a test says: a Finding at every word `racy` of a program, in conflict with the first
 * word `other`; the fix writes `safe` in its place. It leaves protocol tests to be about the protocol.
 */
import type {
  Core,
  CoreAccess,
  CoreFinding,
  FileSource,
  ProgramSource,
  Snapshot,
} from "../../src/server/core/core.ts";

/** Makes a scripted core. `onFindings` is called when Findings are computed: a test can change things then. */
export function createScriptedCore(onFindings: () => void = () => {}): Core {
  return {
    update: (source) => makeSnapshot(source, onFindings),
    dispose: () => {},
  };
}

function makeSnapshot(source: ProgramSource, onFindings: () => void): Snapshot {
  const files = source.packages.flatMap((one) => one.files);
  const text = (path: string): string | null => files.find((file) => file.path === path)?.text() ?? null;
  const others = files.flatMap((file) => wordsIn(file, "other"));
  const findings = files.flatMap((file) => wordsIn(file, "racy")).map((access) => finding(access, others));
  return {
    findings() {
      onFindings();
      return findings;
    },
    advance: () => true,
    found() {
      onFindings();
      return findings;
    },
    foundIn(path) {
      onFindings();
      return findings.filter((one) => one.accesses[0].path === path);
    },
    text,
    faults: () => [],
    hover(path, offset) {
      const found = findings.find(
        ({ accesses: [one] }) => one.path === path && one.pos <= offset && offset <= one.end,
      );
      return found === undefined
        ? null
        : { pos: found.accesses[0].pos, end: found.accesses[0].end, markdown: found.reasoning };
    },
    advice: (one) => one.advice,
    fixes: () => ["rwmutex", "sync-map"],
    fix: (one, kind) =>
      kind === "sync-map"
        ? { refused: "It cannot be a sync.Map." }
        : [
            {
              path: one.accesses[0].path,
              edits: [{ pos: one.accesses[0].pos, end: one.accesses[0].end, text: "safe" }],
            },
          ],
  };
}

function wordsIn(file: FileSource, word: string): CoreAccess[] {
  return [...file.text().matchAll(new RegExp(word, "g"))].map((match) => ({
    path: file.path,
    pos: match.index,
    end: match.index + word.length,
    kind: "write",
    function: "main.f",
    goroutine: "go statement",
    locks: [],
    counter: false,
  }));
}

function finding(access: CoreAccess, others: readonly CoreAccess[]): CoreFinding {
  const { path, pos, end } = access;
  return {
    code: "unsynchronized-map",
    message: "racy is written without a lock",
    severity: "warning",
    confidence: "likely",
    // The server hands the variable to nobody; only core and its fixes look at it.
    map: { path, pos, end, name: "racy", type: "map[string]int", variable: null as never, depth: 0 },
    accesses: [access, ...others],
    reasoning: "Nothing orders the two.",
    advice: { kind: "sync-map", why: "keys are stable" },
  };
}
