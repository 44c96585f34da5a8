/** A map that a lock guards, returned from under that lock: its receiver uses it without. */
import { groupKey } from "../accesses/path.ts";
import { forEachChild, unparen } from "../calls/functions.ts";
import { mayGuard } from "../locks/guards.ts";
import type { Node } from "../syntax/ast.ts";
import { guardOfGroup } from "./conflicts.ts";
import type { MapUse } from "./mapUses.ts";
import type { Rule } from "./rule.ts";
import { coreAccess, coreMap, lineLabel, sideLabel } from "./wording.ts";

const HELP = `A map is a reference: returning it hands out the map itself, not what was in it. The lock that was held
at the \`return\` is given back before the caller looks into the map, while others write into it under the lock.

**Wrong**
\`\`\`go
func (c *Cache) All() map[string]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.items
}
\`\`\`

**Right**
\`\`\`go
func (c *Cache) All() map[string]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return maps.Clone(c.items)
}
\`\`\`

**What it ignores.** Maps that are only ever replaced as a whole: they can be shared. Functions that nothing
outside can call.`;

export const leakedGuardedMap: Rule = {
  code: "leaked-guarded-map",
  title: "A guarded map handed out from under its lock",
  help: HELP,
  oncePerPlace: true,
  onMap: ({ group }) => {
    const guard = guardOfGroup(group);
    const map = guard ? coreMap(group.owner, group.depth) : null;
    if (guard?.path == null || map === null) return [];
    const { path } = guard;
    const holds = ({ access }: MapUse): boolean =>
      access.locks.some((lock) => lock.path && groupKey(lock.path) === groupKey(path));
    const writer = group.uses.find(
      (use) => use.access.content === "write" && use.from !== "start" && holds(use),
    );
    if (!writer) return [];
    return group.uses
      .filter((use) => isReturned(use) && holds(use) && mayGuard(path, use.access.path))
      .map((use) => ({
        code: "leaked-guarded-map",
        message: `map ${map.name} is returned at ${lineLabel(use.access.fn, use.access.node)} from under ${guard.text}; whoever gets it uses it without the lock while it may be ${sideLabel(writer)}`,
        severity: "warning",
        confidence: "likely",
        map,
        accesses: [coreAccess(use), coreAccess(writer)],
        reasoning: `${use.access.fn.name} gives ${guard.text} back when it returns, and the map with it.`,
        advice: null,
      }));
  },
};

/** True where the use is the result of an exported function. */
function isReturned(use: MapUse): boolean {
  const { access } = use;
  // Whoever says that it must not be called concurrently has said it.
  if (access.locks.some((lock) => lock.by === "confined")) return false;
  if (use.from !== "api" || access.fn !== use.entry || access.content !== null || access.variable !== "read")
    return false;
  let returned = false;
  const visit = (node: Node): void => {
    if (returned || node.kind === "FuncLit") return;
    if (node.kind === "ReturnStmt")
      returned = node.results.some((result) => unparen(result) === access.node.node);
    else forEachChild(node, visit);
  };
  for (const statement of access.fn.node.body?.list ?? []) visit(statement);
  return returned;
}
