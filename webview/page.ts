/**
 * One run as one HTML file that works without a network, a server or Maprace: the timeline's own script and
 * style, and the records as data. Pure text; the caller reads and writes files.
 */
import type { RunRecord } from "../src/protocol.ts";

/** The element that carries the records in an exported page. */
export const recordsElementId = "maprace-records";

/** What goes into an exported page. */
export interface TimelinePage {
  readonly title: string;
  readonly records: readonly RunRecord[];
  /** The text of the bundled timeline script. */
  readonly script: string;
  /** The text of the bundled timeline style sheet. */
  readonly style: string;
}

/** The page's text. Nothing in the records can become markup or script: they are inert JSON with every `<` escaped. */
export function renderTimelinePage({ title, records, script, style }: TimelinePage): string {
  const data = JSON.stringify({ title, records }).replaceAll("<", "\\u003c");
  const policy = "default-src 'none'; script-src 'nonce-maprace'; style-src 'nonce-maprace'";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeText(title)} · Maprace</title>
<style nonce="maprace">
${inlined(style, "style")}
</style>
</head>
<body>
<div id="timeline"></div>
<noscript>This page shows a recorded run of Maprace and needs JavaScript to draw it. Its data is inside the file.</noscript>
<script type="application/json" id="${recordsElementId}">${data}</script>
<script nonce="maprace">
${inlined(script, "script")}
</script>
</body>
</html>
`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A closing tag inside a string of the bundle would end the element; `<\/script` means the same to JavaScript. */
function inlined(text: string, element: "script" | "style"): string {
  return text.replace(new RegExp(`</(?=${element})`, "gi"), "<\\/").replaceAll("<!--", "<\\!--");
}
