/**
 * `maprace check`: the Findings of folders and files, for people, programs and code scanners.
 *
 * Exit status: 0 nothing at or above the asked confidence, 1 Findings, 2 could not run.
 */
import { parseArgs } from "node:util";
import type { CheckReport, Confidence, Finding } from "../protocol.ts";
import { type Analysis, analyse, type FoundIn } from "./analysis.ts";
import { formatSarif } from "./checkSarif.ts";
import { formatText } from "./checkText.ts";
import { productVersion } from "./productVersion.ts";
import { UsageError } from "./usage.ts";

const CONFIDENCES: readonly Confidence[] = ["possible", "likely", "definite"];
const FORMATS = ["text", "json", "sarif"];

/** Runs `maprace check` with the words after the subcommand; returns the exit status. */
export async function run(argv: string[], assets: string): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      format: { type: "string", default: "text" },
      "min-confidence": { type: "string", default: "likely" },
    },
  });
  if (!FORMATS.includes(values.format)) {
    throw new UsageError(`--format is one of ${FORMATS.join(", ")}, not ${values.format}`);
  }
  const least = CONFIDENCES.indexOf(values["min-confidence"] as Confidence);
  if (least < 0) {
    throw new UsageError(
      `--min-confidence is one of definite, likely, possible, not ${values["min-confidence"]}`,
    );
  }
  const started = performance.now();
  const analysis = await analyse(positionals, assets);
  const shown = analysis.found.filter(({ finding }) => CONFIDENCES.indexOf(finding.confidence) >= least);
  const report: CheckReport = {
    findings: shown.map((one) => reportFinding(one, analysis)),
    stats: { ...analysis.stats, milliseconds: Math.round(performance.now() - started) },
  };
  for (const note of analysis.notes) {
    console.error(`maprace: ${note}`);
  }
  switch (values.format) {
    case "json":
      console.log(JSON.stringify(report, null, 2));
      break;
    case "sarif":
      console.log(JSON.stringify(formatSarif(shown, analysis, productVersion(assets)), null, 2));
      break;
    default:
      console.log(formatText(report, shown, analysis, wantsColour()));
  }
  return report.findings.length > 0 ? 1 : 0;
}

/** A Finding as the contract of the command line has it: shown paths, lines, columns in bytes. */
function reportFinding({ finding, snapshot }: FoundIn, analysis: Analysis): Finding {
  const start = (path: string, offset: number) => {
    const { line, column } = analysis.places(path, snapshot).at(offset);
    return { file: analysis.shownPath(path), line, column };
  };
  return {
    code: finding.code,
    message: finding.message,
    severity: finding.severity,
    confidence: finding.confidence,
    map: {
      name: finding.map.name,
      type: finding.map.type,
      ...start(finding.map.path, finding.map.pos),
    },
    accesses: finding.accesses.map((access) => {
      const end = analysis.places(access.path, snapshot).at(access.end);
      return {
        kind: access.kind,
        ...start(access.path, access.pos),
        endLine: end.line,
        endColumn: end.column,
        function: access.function,
        goroutine: access.goroutine,
        locks: access.locks,
      };
    }),
    advice: snapshot.advice(finding),
    fixes: snapshot.fixes(finding),
  };
}

function wantsColour(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}
