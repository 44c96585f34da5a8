/** A map that is guarded by a lock elsewhere but not at one of its accesses, or by different locks. */
import { assumedLocks } from "../locks/contracts.ts";
import { conflictFinding } from "./conflictFinding.ts";
import { type Conflict, hasLock } from "./conflicts.ts";
import type { Rule } from "./rule.ts";
import { lockLabel, mapName, sideLabel } from "./wording.ts";

const HELP = `A map is used under a lock in some places and without it, or under another lock, in others. The lock
protects nobody unless everybody takes it: reads too, and \`len\`, \`range\` and encoding with \`encoding/json\`.

**Wrong**
\`\`\`go
func (c *Cache) Set(k string, v int) {
	c.mu.Lock()
	c.items[k] = v
	c.mu.Unlock()
}

func (c *Cache) Len() int { return len(c.items) } // races with Set
\`\`\`

**Right**
\`\`\`go
func (c *Cache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.items)
}
\`\`\`

**What it believes.** A function whose name ends in \`Locked\`, or whose comment (or \`+checklocks:mu\`) says that its
caller holds the lock, is taken at its word, and its callers in sight are held to it. A field whose comment says
\`guarded by mu\` or \`+checklocks:mu\` has that guard, whoever takes it. Constructors may use their own value without a lock. Two locks of the same field of
different values count as the same lock. A function that gives back a lock
without having taken it had it from its caller or its starter; where a method does that with the lock of another
struct, as \`Commit\` does with that of a database, whoever has such a value has the lock. A lock guards what is
reached along the same fields from the struct that has it. Two uses do not meet within one main loop (a loop around a
\`select\` of three receives or more) or within the \`Next() bool\` of an iterator.`;

export const inconsistentLock: Rule = {
  code: "inconsistent-lock",
  title: "A lock that is not always taken",
  help: HELP,
  onMap: ({ group, conflicts }) =>
    conflicts
      .filter((conflict) => conflict.kind === "inconsistent")
      .map((conflict) => conflictFinding(conflict, group, "inconsistent-lock", messageOf(conflict)))
      .filter((finding) => finding !== null),
};

function messageOf(conflict: Conflict): string {
  const { flagged, others, guard } = conflict;
  const name = mapName(conflict.owner, conflict.depth);
  const lock = others[0].access.locks.find((held) => held.by === "mutex") ?? guard;
  const missing = lock ? lockLabel({ ...lock, mode: "write" }) : "its lock";
  const { fn, node, locks } = flagged.access;
  const promise = locks.length === 0 && assumedLocks(fn).some((held) => held.by === "contract");
  const expected = promise ? `, which ${fn.name} expects its caller to hold` : "";
  const wrong = hasLock(flagged.access) ? "another lock" : `without ${missing}${expected}`;
  if (node === others[0].access.node && !hasLock(others[0].access))
    return `map ${name} is ${sideLabel(flagged)}, many at the same time, ${wrong}`;
  return `map ${name} is ${sideLabel(flagged)}, ${wrong}, while it may be ${sideLabel(others[0])}`;
}
