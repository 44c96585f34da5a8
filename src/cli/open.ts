/**
 * `maprace open FILE`: shows a recorded run, the raw stream of an instrumented binary, a `-race` log or a crash
 * log as Conflicts, in any format of `maprace run`. `maprace open unix:PATH` shows what programs write to a
 * socket, while they do.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { CONFLICT_EXIT_CODE, type RunRecord } from "../protocol.ts";
import { conflictOfCrash, createCrashReader } from "../server/run/crashLog.ts";
import { createLedger } from "../server/run/ledger.ts";
import { RunProblem } from "../server/run/problem.ts";
import { parseRaceLog } from "../server/run/raceReport.ts";
import { isFromProgram, parseRecordLine } from "../server/run/recordStream.ts";
import { listenAt } from "./listen.ts";
import { showProblem } from "./run.ts";
import { openRunOutput, type RunFormat } from "./runOutput.ts";
import { UsageError } from "./usage.ts";

const FORMATS: readonly RunFormat[] = ["text", "json", "html"];
/** `end.exitCode` where a log does not tell how the program ended. */
const UNKNOWN_EXIT_CODE = -1;
/** What stands before a socket's path, as in MAPRACE_STREAM. */
const SOCKET = "unix:";

/** @returns 66 when there are Conflicts in the file, else 0; 2 when it could not be shown. */
export async function run(argv: string[], assets: string): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { format: { type: "string", default: "text" }, out: { type: "string" } },
    });
    const format = FORMATS.find((known) => known === values.format);
    const [file] = positionals;
    if (!format)
      throw new UsageError(`there is no format “${values.format}”; there are ${FORMATS.join(", ")}`);
    if (file === undefined || positionals.length > 1)
      throw new UsageError("name one file to open, - for stdin, or unix:PATH to listen at a socket");
    const isSocket = file.startsWith(SOCKET);
    const run = isSocket ? undefined : readRun(readText(file), file);
    const output = openRunOutput({
      format,
      out: values.out,
      base: process.cwd(),
      title: `maprace open ${file}`,
      assets,
      showsKeys: false,
    });
    let found = false;
    const show = (record: RunRecord): void => {
      found ||= record.type === "conflict";
      output.record(record);
    };
    for (const record of run?.records ?? []) show(record);
    const broken = run ? run.broken : await showWhatComes(file.slice(SOCKET.length), show);
    output.finish();
    if (broken > 0) {
      process.stderr.write(
        `maprace: ${broken} damaged line(s) of ${file} were left out; conflicts may be missing.\n`,
      );
    }
    return found ? CONFLICT_EXIT_CODE : 0;
  } catch (error) {
    return showProblem(error);
  }
}

/** Shows what programs write to a socket until the user interrupts; returns how many lines were damaged. */
async function showWhatComes(socket: string, show: (record: RunRecord) => void): Promise<number> {
  const ledger = createLedger();
  let damaged = 0;
  await listenAt(
    socket,
    () =>
      process.stderr.write(
        `maprace: listening. Start programs with MAPRACE_STREAM=${SOCKET}${path.resolve(socket)}; Ctrl-C ends and sums up.\n`,
      ),
    (line) => {
      const parsed = parseRecordLine(line);
      if (parsed.kind === "broken") damaged++;
      if (parsed.kind !== "record" || !isFromProgram(parsed.record)) return;
      const told = ledger.add(parsed.record);
      if (told) show(told);
    },
  );
  show(ledger.end([{ exitCode: UNKNOWN_EXIT_CODE, damaged }]));
  return damaged;
}

function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new RunProblem(
      `${file} cannot be read (${code ?? String(error)}). Name a recorded run or a log.`,
      "",
      {
        cause: error,
      },
    );
  }
}

/** The records of a run, whatever it was kept as. Throws a {@link RunProblem} when the text is none of these. */
export function readRun(text: string, name: string): { records: RunRecord[]; broken: number } {
  const firstLine = text.split("\n").find((line) => line.trim() !== "") ?? "";
  return parseRecordLine(firstLine).kind === "broken"
    ? { records: readLog(text, name), broken: 0 }
    : readRecording(text);
}

function readRecording(text: string): { records: RunRecord[]; broken: number } {
  const ledger = createLedger();
  const records: RunRecord[] = [];
  let broken = 0;
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const parsed = parseRecordLine(line);
    if (parsed.kind === "broken") broken++;
    if (parsed.kind !== "record") continue;
    // A start record looks alike in both; it opens the books in case that the raw stream of a program follows.
    const told = isFromProgram(parsed.record) ? ledger.add(parsed.record) : parsed.record;
    if (told) records.push(told);
  }
  const closed = records.some((record) => record.type === "end");
  return {
    records: closed ? records : [...records, ledger.end([{ exitCode: UNKNOWN_EXIT_CODE, damaged: broken }])],
    broken,
  };
}

function readLog(text: string, name: string): RunRecord[] {
  const reader = createCrashReader();
  reader.feed(text);
  const crash = reader.crash();
  const ledger = createLedger();
  const reports = parseRaceLog(text);
  const fatal = crash && conflictOfCrash(crash, reports.length + 1);
  // The fatal error that ends a racing program is the race that was reported, seen from one side.
  const conflicts = fatal && reports.length === 0 ? [fatal] : reports;
  if (conflicts.length === 0 && !crash) {
    throw new RunProblem(
      `${name} holds no recorded run, no report of -race and no crash of a Go program. Name a file made with \`maprace run --out\`, or the whole stderr of a run.`,
    );
  }
  for (const conflict of conflicts) ledger.add({ ...conflict, pid: 0 });
  return [
    ...ledger.conflicts(),
    ledger.end([{ exitCode: UNKNOWN_EXIT_CODE, damaged: 0, ...(crash ? { death: crash.death } : {}) }]),
  ];
}
