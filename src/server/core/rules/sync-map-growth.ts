/** A `sync.Map` that requests fill and nothing ever empties. */
import type { Fn } from "../calls/functions.ts";
import { handlerKindOf } from "../goroutines/handlers.ts";
import type { Rule } from "./rule.ts";
import { syncMapFinding } from "./syncMapCalls.ts";
import { lineLabel } from "./wording.ts";

const HELP = `Every request may bring a new key, and no code deletes any: the map grows for as long as the program
runs, and whoever sends the requests decides how fast.

**Wrong**
\`\`\`go
var seen sync.Map

func handle(w http.ResponseWriter, r *http.Request) {
	seen.Store(r.RemoteAddr, time.Now())
}
\`\`\`

**Right**: delete what is old (\`Range\` and \`Delete\` from a timer), or use a cache with a bound.

Only stores in handlers themselves are flagged, where no method of the program deletes from the map.`;

const EMPTIES = ["Delete", "LoadAndDelete", "CompareAndDelete", "Clear"];

export const syncMapGrowth: Rule = {
  code: "sync-map-growth",
  title: "A sync.Map that only grows",
  help: HELP,
  onSyncMap: (calls) => {
    if (calls.some((call) => EMPTIES.includes(call.method))) return [];
    return calls
      .filter((call) => call.method === "Store" || call.method === "LoadOrStore")
      .filter((call) => requestOf(call.fn).some((name) => new RegExp(`\\b${name}\\b`).test(call.key)))
      .map((call) =>
        syncMapFinding([call], {
          code: "sync-map-growth",
          message: `keys from requests are stored at ${lineLabel(call.fn, call.call)} and nothing ever deletes them: the map grows without bound`,
          severity: "information",
          confidence: "possible",
          reasoning: "No Delete, LoadAndDelete, CompareAndDelete or Clear of this map is in the program.",
          advice: null,
        }),
      )
      .filter((finding) => finding !== null);
  },
};

/** The names of a handler's parameters; none for other functions. */
function requestOf(fn: Fn): string[] {
  if (handlerKindOf(fn) === null) return [];
  return fn.params.flatMap((param) => (param && /^\w+$/.test(param.name) ? [param.name] : []));
}
