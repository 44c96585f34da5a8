/** A nil stored in a `sync.Map` whose callers tell "absent" by a nil value. */
import { isSameRange } from "../accesses/places.ts";
import { unparen } from "../calls/functions.ts";
import type { Rule } from "./rule.ts";
import { type SyncMapCall, syncMapFinding } from "./syncMapCalls.ts";
import { lineLabel } from "./wording.ts";

const HELP = `\`Load\` returns nil both for a key that is absent and for one that holds nil. Whoever drops its second
result takes one for the other.

**Wrong**
\`\`\`go
cache.Store(key, nil) // "looked up, not there"
v, _ := cache.Load(key)
if v == nil {
	v = lookUp(key) // looked up again and again
}
\`\`\`

**Right**: look at the second result of \`Load\`, or store a value that says "not there".`;

export const syncMapNilValue: Rule = {
  code: "sync-map-nil-value",
  title: "A stored nil that looks like an absent key",
  help: HELP,
  onSyncMap: (calls) => {
    return calls
      .filter((call) => {
        const value =
          call.method === "Store" || call.method === "LoadOrStore" ? call.call.args[1] : undefined;
        const x = value ? unparen(value) : null;
        return x?.kind === "Ident" && call.fn.info.objectOf(x)?.kind === "nil";
      })
      .map((call) => {
        const reader = calls.find((c) => c.method === "Load" && dropsFound(c));
        if (!reader) return null;
        return syncMapFinding([call, reader], {
          code: "sync-map-nil-value",
          message: `a nil is stored at ${lineLabel(call.fn, call.call)}, and ${lineLabel(reader.fn, reader.call)} cannot tell it from an absent key: it drops the second result of Load`,
          severity: "information",
          confidence: "possible",
          reasoning: "Load gives nil for both.",
          advice: null,
        });
      })
      .filter((finding) => finding !== null);
  },
};

/** True for `v, _ := m.Load(k)`. */
function dropsFound(load: SyncMapCall): boolean {
  const uses = [...load.fn.facts.definitions.values()]
    .flat()
    .filter((d) => d.expr !== null && isSameRange(unparen(d.expr), load.call));
  return uses.length > 0 && uses.every((d) => d.index === 0);
}
