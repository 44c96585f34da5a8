/** Two accesses of a map that may run in parallel, one a write, no lock on either side. */
import { conflictFinding } from "./conflictFinding.ts";
import type { Conflict } from "./conflicts.ts";
import type { Rule } from "./rule.ts";
import { mapName, sharedRounds, sideLabel } from "./wording.ts";

const HELP = `Two goroutines use the same map at the same time and one of them writes. Go's maps are not safe for
that: the program dies of \`fatal error: concurrent map writes\` (or \`concurrent map read and map write\`,
\`concurrent map iteration and map write\`), which \`recover\` cannot catch, or it loses data silently.

**Wrong**
\`\`\`go
var sessions = map[string]*Session{}

func login(w http.ResponseWriter, r *http.Request) {
	sessions[r.FormValue("user")] = newSession(r) // every request runs on a goroutine of its own
}
\`\`\`

**Right**
\`\`\`go
var (
	sessionsMu sync.RWMutex
	sessions   = map[string]*Session{}
)

func login(w http.ResponseWriter, r *http.Request) {
	s := newSession(r)
	sessionsMu.Lock()
	sessions[r.FormValue("user")] = s
	sessionsMu.Unlock()
}
\`\`\`

**How sure it is.** *definite*: both sides were seen to run in parallel (\`go\`, handlers, timers, groups).
*likely*: one side runs on a goroutine in sight. *possible*: an exported function changes shared state without a
lock and would race if its callers are concurrent.

**What it does not see.** A map whose variable, field or type cannot be told; maps that go through a channel that
cannot be told, or a \`sync.Pool\`; goroutines that a library starts in a way that its source does not show. It stays
silent there. What \`init\`, \`main\` and constructors do before anything else runs is nobody's race. In a
test that goes through a script of steps with a \`switch\`, a wait in one case counts for the others. Where a function
waits for its goroutines unless it returns an error, callers are taken to stop at the error.`;

export const unsynchronizedMap: Rule = {
  code: "unsynchronized-map",
  title: "Unsynchronised access to a shared map",
  help: HELP,
  onMap: ({ group, conflicts }) =>
    conflicts
      .filter((conflict) => conflict.kind === "unsynchronized")
      .map((conflict) =>
        conflictFinding(conflict, group, "unsynchronized-map", messageOf(conflict, group.isHandedOver)),
      )
      .filter((finding) => finding !== null),
};

function messageOf(conflict: Conflict, isHandedOver: boolean): string {
  const { flagged, others } = conflict;
  const other = others[0];
  const name = mapName(conflict.owner, conflict.depth);
  const possible = conflict.confidence === "possible" ? " if callers are concurrent" : "";
  const shared = isHandedOver
    ? "it was handed over on a channel: send a copy, or go on with a new map"
    : sharedRounds(flagged);
  if (flagged.access.node === other.access.node) {
    return `map ${name} is ${sideLabel(flagged)}, many at the same time${possible}${shared ? `; ${shared}` : ", and no lock keeps them apart"}`;
  }
  return `map ${name} is ${sideLabel(flagged)} while it may be ${sideLabel(other)}${possible}; ${shared ?? "no lock guards it"}`;
}
