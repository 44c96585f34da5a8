/** A map that is written while its lock is held for reading only. */
import { conflictFinding } from "./conflictFinding.ts";
import type { Rule } from "./rule.ts";
import { lockLabel, mapName, sideLabel } from "./wording.ts";

const HELP = `\`RLock\` lets any number of readers in. A write under it meets other readers, and other writers that
hold it the same way.

**Wrong**
\`\`\`go
func (c *Cache) Get(k string) *Item {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.items[k] == nil {
		c.items[k] = load(k) // a write, among readers
	}
	return c.items[k]
}
\`\`\`

**Right**
\`\`\`go
func (c *Cache) Get(k string) *Item {
	c.mu.RLock()
	item := c.items[k]
	c.mu.RUnlock()
	if item != nil {
		return item
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.items[k] == nil {
		c.items[k] = load(k)
	}
	return c.items[k]
}
\`\`\`

The write may be far from the lock: in a method that is called under it, or behind an interface.`;

export const writeUnderReadLock: Rule = {
  code: "write-under-read-lock",
  title: "A write under a read lock",
  help: HELP,
  onMap: ({ group, conflicts }) =>
    conflicts
      .filter((conflict) => conflict.kind === "read-lock")
      .map((conflict) => {
        const lock = conflict.flagged.access.locks.find(
          (held) => held.by === "mutex" && held.mode === "read",
        );
        const name = mapName(conflict.owner, conflict.depth);
        const held = lock ? lockLabel(lock) : "a read lock";
        const message = `map ${name} is ${sideLabel(conflict.flagged, false)} under ${held} only, while it may be ${sideLabel(conflict.others[0])}`;
        return conflictFinding(conflict, group, "write-under-read-lock", message);
      })
      .filter((finding) => finding !== null),
};
