/** Turns Findings into the diagnostics of the protocol. */
import {
  type Diagnostic,
  type DiagnosticRelatedInformation,
  DiagnosticSeverity,
  DiagnosticTag,
  type Location,
} from "vscode-languageserver";
import type { Confidence, CoreAccess, CoreFinding, FilePlace } from "../core/core.ts";

/** What a conversion needs from the server around it. */
export interface DiagnosticContext {
  /** Where a place of the program is for the client; null where its text is not at hand. */
  location(place: FilePlace): Location | null;
  /** Where help pages are; null where the client has none. */
  readonly helpBase: string | null;
}

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
} as const;

const CONFIDENCES: readonly Confidence[] = ["possible", "likely", "definite"];

/** True where a Finding is at least as sure as the user asked for. */
export function isShown(finding: CoreFinding, minimum: Confidence): boolean {
  return CONFIDENCES.indexOf(finding.confidence) >= CONFIDENCES.indexOf(minimum);
}

/** The diagnostic of a Finding, at its flagged access; the accesses it conflicts with are related information. */
export function toDiagnostic(finding: CoreFinding, context: DiagnosticContext): Diagnostic | null {
  const [flagged, ...others] = finding.accesses;
  const range = context.location(flagged)?.range;
  if (range === undefined) {
    return null;
  }
  const related: DiagnosticRelatedInformation[] = [];
  const relate = (place: FilePlace, message: string): void => {
    const location = context.location(place);
    if (location !== null) {
      related.push({ location, message });
    }
  };
  for (const other of others) {
    relate(other, sideMessage(other));
  }
  relate(finding.map, `${finding.map.name} is declared here`);
  return {
    range,
    severity: SEVERITIES[finding.severity],
    code: finding.code,
    ...(context.helpBase === null
      ? {}
      : { codeDescription: { href: `${context.helpBase}${finding.code}.md` } }),
    source: "maprace",
    message: finding.message,
    ...(finding.code === "unused-ignore" ? { tags: [DiagnosticTag.Unnecessary] } : {}),
    relatedInformation: related,
    data: { confidence: finding.confidence },
  };
}

function sideMessage(access: CoreAccess): string {
  const locks = access.locks.length === 0 ? "no lock held" : `holding ${access.locks.join(", ")}`;
  return `${access.kind} in ${access.function}${access.goroutine === "" ? "" : ` (${access.goroutine})`}, ${locks}`;
}
