/** Findings as a person reads them in a terminal: the line with a caret, the other side, what to do. */
import { relative } from "node:path";
import type { CheckReport, Confidence, Finding, FindingAccess } from "../protocol.ts";
import type { Analysis, FoundIn } from "./analysis.ts";
import type { TextPlaces } from "./textPlaces.ts";

/** The most other sides shown in full; the rest is counted. */
const MOST_SIDES = 3;

/** The whole output for `report`; `shown` holds the same Findings in the same order, with their texts. */
export function formatText(
  report: CheckReport,
  shown: readonly FoundIn[],
  analysis: Analysis,
  colour: boolean,
): string {
  const paint = makePaint(colour);
  const blocks = report.findings.map((finding, i) => {
    const { snapshot, finding: core } = shown[i] as FoundIn;
    const places = core.accesses.map((access) => analysis.places(access.path, snapshot));
    return formatFinding(finding, places, fixCommand(finding, core.accesses[0].path, analysis.base), paint);
  });
  return [...blocks, summary(report)].join("\n\n");
}

type Paint = Record<"strong" | "warn" | "faint", (text: string) => string>;

function makePaint(colour: boolean): Paint {
  const code = (on: number) => (text: string) => (colour ? `\u001b[${on}m${text}\u001b[0m` : text);
  return { strong: code(1), warn: code(33), faint: code(2) };
}

/** The command that makes the advised Fix; null where none is advised or can be made. */
function fixCommand(finding: Finding, path: string, base: string): string | null {
  const { advice, fixes } = finding;
  if (advice === null || !fixes.includes(advice.kind)) {
    return null;
  }
  const fromHere = (target: string): string => relative(process.cwd(), target) || ".";
  return `maprace fix --kind ${advice.kind} --at ${fromHere(path)}:${finding.accesses[0]?.line} --diff ${fromHere(base)}`;
}

function formatFinding(
  finding: Finding,
  places: readonly TextPlaces[],
  command: string | null,
  paint: Paint,
): string {
  const [flagged, ...others] = finding.accesses as [FindingAccess, ...FindingAccess[]];
  const lines = [
    `${paint.strong(place(flagged))}: ${paint.warn(finding.severity)}: ${finding.message} ${paint.faint(`[${finding.code}, ${finding.confidence}]`)}`,
    ...excerpt(flagged, places[0], paint),
  ];
  others.slice(0, MOST_SIDES).forEach((other, i) => {
    if (isSame(other, flagged)) {
      lines.push(`  with itself: ${anotherRun(other)}; ${locksOf(other)}`);
    } else {
      lines.push(`  ${paint.strong(place(other))}: ${side(other)}`, ...excerpt(other, places[i + 1], paint));
    }
  });
  if (others.length > MOST_SIDES) {
    lines.push(`  and ${others.length - MOST_SIDES} more`);
  }
  if (finding.advice !== null) {
    lines.push(`  advice: ${finding.advice.kind}: ${finding.advice.why}`);
  }
  if (command !== null) {
    lines.push(`  fix:    ${command}`);
  }
  return lines.join("\n");
}

function place(access: FindingAccess): string {
  return `${access.file}:${access.line}:${access.column}`;
}

/** True for the same place: what is flagged meets itself, run by another goroutine. */
function isSame(a: FindingAccess, b: FindingAccess): boolean {
  return place(a) === place(b) && a.endLine === b.endLine && a.endColumn === b.endColumn;
}

function side(access: FindingAccess): string {
  const goroutine = access.goroutine === "" ? "" : `, ${access.goroutine}`;
  return `${access.kind} in ${access.function}${goroutine}; ${locksOf(access)}`;
}

function locksOf(access: FindingAccess): string {
  return access.locks.length === 0 ? "no lock held" : `holding ${access.locks.join(", ")}`;
}

/** Who runs an access a second time: "another run of http handler main.Login", "another caller of main.Add". */
function anotherRun({ goroutine, function: name }: FindingAccess): string {
  if (goroutine.startsWith("a caller of ")) {
    return `another${goroutine.slice(1)}`;
  }
  return `another run of ${goroutine === "" ? name : goroutine.replace(/^go statement/, "the go statement")}`;
}

/** The source line with its number, and carets under the access. */
function excerpt(access: FindingAccess, places: TextPlaces | undefined, paint: Paint): string[] {
  const source = places?.line(access.line) ?? "";
  if (source.trim() === "") {
    return [];
  }
  const bytes = Buffer.from(source);
  const before = bytes.subarray(0, access.column - 1).toString();
  const endColumn = access.endLine === access.line ? access.endColumn : bytes.length + 1;
  const marked = bytes.subarray(access.column - 1, endColumn - 1).toString();
  const number = String(access.line).padStart(6);
  // Tabs stay tabs, so that the carets stand where the terminal puts the text above them.
  const indent = before.replace(/[^\t]/gu, (character) => " ".repeat(width(character)));
  const carets = "^".repeat(
    Math.max(
      1,
      [...marked].reduce((sum, character) => sum + width(character), 0),
    ),
  );
  return [
    `${paint.faint(`${number} |`)} ${source}`,
    `${paint.faint(`${" ".repeat(6)} |`)} ${indent}${paint.warn(carets)}`,
  ];
}

/** Terminal cells of a character: emoji and East Asian wide characters take two. */
function width(character: string): number {
  return /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
    character,
  )
    ? 2
    : 1;
}

function summary(report: CheckReport): string {
  const { files, lines, packages, milliseconds } = report.stats;
  const size = `${count(packages, "package")}, ${count(files, "file")}, ${count(lines, "line")}, ${milliseconds} ms`;
  if (report.findings.length === 0) {
    return `No unsynchronised map access found (${size}).`;
  }
  const levels: readonly Confidence[] = ["definite", "likely", "possible"];
  const parts = levels
    .map((level) => ({ level, number: report.findings.filter((one) => one.confidence === level).length }))
    .filter(({ number }) => number > 0)
    .map(({ level, number }) => `${number} ${level}`);
  return `${count(report.findings.length, "finding")}: ${parts.join(", ")} (${size}).`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
