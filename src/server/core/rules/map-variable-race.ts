/** The variable that holds a map is replaced while others read it. */
import { conflictFinding } from "./conflictFinding.ts";
import type { Rule } from "./rule.ts";
import { mapName, sharedRounds, sideLabel } from "./wording.ts";

const HELP = `The map itself may never be changed, yet the variable that holds it is: one goroutine replaces it
while others read it. Readers may go on with the old map for ever, and nothing guarantees that they see a map
that is fully made.

**Wrong**
\`\`\`go
var routes map[string]string

func reload(next map[string]string) { routes = next } // while handlers read routes
\`\`\`

**Right**
\`\`\`go
var routes atomic.Pointer[map[string]string]

func reload(next map[string]string) { routes.Store(&next) }

func route(path string) string { return (*routes.Load())[path] }
\`\`\`

A lock around the assignment and around every read does as well. Assignments before anything else runs are
nobody's race.`;

export const mapVariableRace: Rule = {
  code: "map-variable-race",
  title: "A map variable replaced while others read it",
  help: HELP,
  onMap: ({ group, conflicts }) =>
    conflicts
      .filter((conflict) => conflict.kind === "variable")
      .map((conflict) => {
        const name = mapName(conflict.owner, conflict.depth);
        const possible = conflict.confidence === "possible" ? " if callers are concurrent" : "";
        const other = conflict.others[0];
        const once = other.access.locks.find((lock) => lock.by === "once" && lock.mode === "write");
        const missing = once
          ? `call ${once.text}.Do here first`
          : (sharedRounds(conflict.flagged) ?? "no lock or atomic guards it");
        const message = `the variable of map ${name} is ${sideLabel(conflict.flagged)} while it may be ${sideLabel(other)}${possible}; ${missing}`;
        return conflictFinding(conflict, group, "map-variable-race", message);
      })
      .filter((finding) => finding !== null),
};
