/** Findings as SARIF 2.1.0, the format of code scanners. Columns count UTF-16 code units, as it says itself. */
import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { type Code, type CoreAccess, ruleHelp, type Snapshot } from "../server/core/core.ts";
import type { Analysis, FoundIn } from "./analysis.ts";

const LEVELS = { error: "error", warning: "warning", information: "note", hint: "note" } as const;

/** The SARIF log of the Findings. */
export function formatSarif(shown: readonly FoundIn[], analysis: Analysis, version: string): object {
  const codes = [...new Set(shown.map(({ finding }) => finding.code))].sort();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "Maprace", version, rules: codes.map(rule) } },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { SRCROOT: { uri: `${pathToFileURL(analysis.base).href.replace(/\/$/, "")}/` } },
        results: shown.map((one) => result(one, codes, analysis)),
      },
    ],
  };
}

function rule(code: Code): object {
  const help = ruleHelp(code);
  return {
    id: code,
    shortDescription: { text: help.title },
    help: { text: help.markdown, markdown: help.markdown },
  };
}

function result({ finding, snapshot }: FoundIn, codes: readonly string[], analysis: Analysis): object {
  const [flagged, ...others] = finding.accesses;
  const advised = snapshot.advice(finding);
  const advice = advised === null ? "" : ` Advice: ${advised.kind}: ${advised.why}.`;
  return {
    ruleId: finding.code,
    ruleIndex: codes.indexOf(finding.code),
    level: LEVELS[finding.severity],
    message: { text: `${finding.message}${advice}` },
    locations: [location(flagged, snapshot, analysis)],
    relatedLocations: others.map((other, i) => ({
      id: i + 1,
      ...location(other, snapshot, analysis),
      message: { text: `${other.kind} in ${other.function}` },
    })),
    // Lines move; the map, the rule and the function that holds the access mostly do not.
    partialFingerprints: {
      "mapAndFunction/v1": createHash("sha256")
        .update(
          [finding.code, analysis.shownPath(flagged.path), finding.map.name, flagged.function].join("\n"),
        )
        .digest("hex"),
    },
    properties: { confidence: finding.confidence },
  };
}

function location(access: CoreAccess, snapshot: Snapshot, analysis: Analysis): object {
  const places = analysis.places(access.path, snapshot);
  const start = places.at(access.pos);
  const end = places.at(access.end);
  const shown = analysis.shownPath(access.path);
  return {
    physicalLocation: {
      artifactLocation: isAbsolute(shown)
        ? { uri: pathToFileURL(shown).href }
        : { uri: shown.split("/").map(encodeURIComponent).join("/"), uriBaseId: "SRCROOT" },
      region: {
        startLine: start.line,
        startColumn: start.column16,
        endLine: end.line,
        endColumn: end.column16,
      },
    },
    logicalLocations: [{ fullyQualifiedName: access.function, kind: "function" }],
  };
}
