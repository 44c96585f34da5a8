/** A map that a lock guards, returned or sent from under that lock: its receiver uses it without. */
import { groupKey } from "../accesses/path.ts";
import type { Place } from "../accesses/places.ts";
import { forEachChild, unparen } from "../calls/functions.ts";
import { mayGuard } from "../locks/guards.ts";
import type { Expr, Node } from "../syntax/ast.ts";
import { guardOfGroup } from "./conflicts.ts";
import type { MapGroup, MapUse } from "./mapUses.ts";
import type { Rule } from "./rule.ts";
import { coreAccess, coreMap, lineLabel, sideLabel } from "./wording.ts";

const HELP = `A map is a reference: returning it, or sending it on a channel, hands out the map itself, not what was in it.
The lock that was held there is given back before the receiver looks into the map, while others write into it under
the lock.

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
outside can call, where a map is returned; functions that go on with a new map, where it is sent.`;

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
    const taken = group.uses.filter(({ access }) => access.content === null && access.variable === "read");
    return taken.flatMap((use) => {
      const how = holds(use) && mayGuard(path, use.access.path) ? handedOut(use, group) : null;
      if (how === null) return [];
      return [
        {
          code: "leaked-guarded-map",
          message: `map ${map.name} is ${how} at ${lineLabel(use.access.fn, use.access.node)} from under ${guard.text}; whoever gets it uses it without the lock while it may be ${sideLabel(writer)}`,
          severity: "warning",
          confidence: "likely",
          map,
          accesses: [coreAccess(use), coreAccess(writer)],
          reasoning:
            how === "returned"
              ? `${use.access.fn.name} gives ${guard.text} back when it returns, and the map with it.`
              : `${use.access.fn.name} gives ${guard.text} back, and whoever receives the map has it for longer.`,
          advice: null,
        },
      ];
    });
  },
};

/** How a use that reads the variable hands the map to others: as the result of an exported function, or by sending it; null where it does not. */
function handedOut(use: MapUse, group: MapGroup): "returned" | "sent" | null {
  const { access, entry, from } = use;
  // Whoever says that it must not be called concurrently has said it.
  if (access.locks.some((lock) => lock.by === "confined")) return null;
  if (from === "start" || from === "test") return null;
  let how: "returned" | "sent" | null = null;
  const visit = (node: Node): void => {
    if (how !== null || (node.kind === "FuncLit" && node !== access.fn.node)) return;
    if (node.kind === "ReturnStmt" && node.results.some((result) => access.node.isOf(unparen(result))))
      how = "returned";
    else if (node.kind === "SendStmt" && isPartOf(node.value, access.node)) how = "sent";
    else forEachChild(node, visit);
  };
  for (const statement of access.fn.node.body?.list ?? []) visit(statement);
  if (how === "returned") return from === "api" && access.fn === entry ? how : null;
  const goesOnWithAnother = group.uses.some(
    (other) => other.access.kind === "assign" && other.access.fn === access.fn,
  );
  return goesOnWithAnother ? null : how;
}

/** True where a value is what stands at `part`, or a literal of a struct that has it for a field. */
function isPartOf(value: Expr, part: Place): boolean {
  let x = unparen(value);
  if (x.kind === "UnaryExpr" && x.op === "&") x = unparen(x.x);
  if (part.isOf(x)) return true;
  if (x.kind !== "CompositeLit") return false;
  return x.elts.some((element) => isPartOf(element.kind === "KeyValueExpr" ? element.value : element, part));
}
