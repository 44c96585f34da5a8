/** A map that a lock guards, returned from under that lock: its receiver uses it without. */
import { groupKey } from "../accesses/path.ts";
import { forEachChild, unparen } from "../calls/functions.ts";
import type { CoreFinding } from "../finding.ts";
import { guardOf, mayGuard } from "../locks/guards.ts";
import type { Node } from "../syntax/ast.ts";
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
  check: ({ uses }) => {
    const found = new Map<unknown, CoreFinding>();
    for (const group of uses.values()) {
      const guard = guardOf(group.uses.map((use) => use.access));
      const map = guard ? coreMap(group.owner, group.depth) : null;
      if (guard?.path == null || map === null) continue;
      const { path } = guard;
      const writer = group.uses.find(
        ({ access, from }) =>
          access.content === "write" &&
          from !== "start" &&
          access.locks.some((lock) => lock.path && groupKey(lock.path) === groupKey(path)),
      );
      if (!writer) continue;
      for (const use of group.uses) {
        if (found.has(use.access.node) || !isReturned(use)) continue;
        const held = use.access.locks.some((lock) => lock.path && groupKey(lock.path) === groupKey(path));
        if (!held || !mayGuard(path, use.access.path)) continue;
        found.set(use.access.node, {
          code: "leaked-guarded-map",
          message: `map ${map.name} is returned at ${lineLabel(use.access.fn, use.access.node)} from under ${guard.text}; whoever gets it uses it without the lock while it may be ${sideLabel(writer)}`,
          severity: "warning",
          confidence: "likely",
          map,
          accesses: [coreAccess(use), coreAccess(writer)],
          reasoning: `${use.access.fn.name} gives ${guard.text} back when it returns, and the map with it.`,
          advice: null,
        });
      }
    }
    return [...found.values()];
  },
};

/** True where the use is the result of an exported function. */
function isReturned(use: MapUse): boolean {
  const { access } = use;
  if (use.from !== "api" || access.fn !== use.entry || access.content !== null || access.variable !== "read")
    return false;
  let returned = false;
  const visit = (node: Node): void => {
    if (returned || node.kind === "FuncLit") return;
    if (node.kind === "ReturnStmt") returned = node.results.some((result) => unparen(result) === access.node);
    else forEachChild(node, visit);
  };
  for (const statement of access.fn.node.body?.list ?? []) visit(statement);
  return returned;
}
