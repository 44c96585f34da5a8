/** A `sync.Map` used for what it is bad at: counting its entries by walking over all of them. */
import { unparen } from "../calls/functions.ts";
import type { Stmt } from "../syntax/ast.ts";
import type { Rule } from "./rule.ts";
import { type SyncMapCall, syncMapFinding } from "./syncMapCalls.ts";
import { lineLabel } from "./wording.ts";

const HELP = `\`sync.Map\` is made for keys that are written once and read often, or for goroutines that use disjoint
keys. It cannot count: \`Range\` walks over everything, and what it sees is no single moment.

**Wrong**
\`\`\`go
n := 0
sessions.Range(func(_, _ any) bool { n++; return true })
\`\`\`

**Right**: a map with a \`sync.RWMutex\`, where \`len\` is exact and costs nothing, or a counter beside the map.`;

export const syncMapMisfit: Rule = {
  code: "sync-map-misfit",
  title: "A sync.Map where a map with a lock fits better",
  help: HELP,
  onSyncMap: (calls) =>
    calls
      .filter(countsOnly)
      .map((call) =>
        syncMapFinding([call], {
          code: "sync-map-misfit",
          message: `the entries are counted at ${lineLabel(call.fn, call.call)} by walking over all of them: a map with a read-write lock knows its length`,
          severity: "hint",
          confidence: "possible",
          reasoning: "Range takes time for every entry and sees no single moment.",
          advice: { kind: "rwmutex", why: "its length is asked for" },
        }),
      )
      .filter((finding) => finding !== null),
};

/** True for `m.Range(func(…) bool { n++; return true })`. */
function countsOnly(call: SyncMapCall): boolean {
  const body = call.method === "Range" && call.call.args[0] ? unparen(call.call.args[0]) : null;
  if (body?.kind !== "FuncLit") return false;
  const [first, second, ...rest] = body.body.list;
  return first !== undefined && counts(first) && second?.kind === "ReturnStmt" && rest.length === 0;
}

function counts(s: Stmt): boolean {
  return s.kind === "IncDecStmt" || (s.kind === "AssignStmt" && s.op === "+=");
}
