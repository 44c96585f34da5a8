/** A check and an update that belong together in two steps: between them the map may have changed. */
import type { Access, Held } from "../accesses/events.ts";
import { groupKey } from "../accesses/path.ts";
import { isSameRange } from "../accesses/places.ts";
import { textOf } from "../accesses/walkRecord.ts";
import { forEachChild, unparen } from "../calls/functions.ts";
import type { CoreFinding } from "../finding.ts";
import type { Node } from "../syntax/ast.ts";
import type { MapGroup } from "./mapUses.ts";
import type { Rule } from "./rule.ts";
import { type SyncMapCall, syncMapFinding } from "./syncMapCalls.ts";
import { coreAccess, coreMap, lineLabel, mapName } from "./wording.ts";

const HELP = `Each step is safe by itself, the two together are not: another goroutine can store between the check
and the update, and its value is lost.

**Wrong**
\`\`\`go
if _, ok := cache.Load(key); !ok { // cache is a sync.Map
	cache.Store(key, make()) // another goroutine may have stored meanwhile
}

n, _ := counts.Load(key)
counts.Store(key, n.(int)+1) // increments get lost
\`\`\`

**Right**
\`\`\`go
value, _ := cache.LoadOrStore(key, make())

for {
	old, _ := counts.LoadOrStore(key, 0)
	if counts.CompareAndSwap(key, old, old.(int)+1) {
		break
	}
}
\`\`\`

With a mutex: keep it from the check to the update, or check again after taking it for the update.

**How sure it is.** *likely* where the stored value is computed from the loaded one, *possible* otherwise: losing
one of two equal values may be harmless.`;

export const checkThenAct: Rule = {
  code: "check-then-act",
  title: "Check and update in two steps",
  help: HELP,
  onMap: ({ group }) => underTwoLocks(group),
  onSyncMap: loadedThenStored,
};

const REPLACEMENTS: Readonly<Record<string, string>> = {
  Store: "LoadOrStore or CompareAndSwap",
  Delete: "LoadAndDelete or CompareAndDelete",
};

function loadedThenStored(calls: readonly SyncMapCall[]): CoreFinding[] {
  const found: CoreFinding[] = [];
  for (const [i, act] of calls.entries()) {
    const better = REPLACEMENTS[act.method];
    if (better === undefined) continue;
    const check = calls
      .slice(0, i)
      .findLast((c) => c.method === "Load" && c.fn === act.fn && c.key === act.key);
    if (!check || takesLock(act)) continue;
    const depends = act.method === "Store" && dependsOn(act, check);
    if (act.method === "Delete" && !depends) continue;
    const name = mapName(...ownerOf(act));
    const between = `between Load at ${lineLabel(check.fn, check.call)} and ${act.method} at ${lineLabel(act.fn, act.call)}`;
    const finding = syncMapFinding([act, check], {
      code: "check-then-act",
      message: `sync.Map ${name} may change ${between}, and what another goroutine stored is lost: use ${better}`,
      severity: depends ? "warning" : "information",
      confidence: depends ? "likely" : "possible",
      reasoning: "Each call is atomic, the two together are not.",
      advice: null,
    });
    if (finding) found.push(finding);
  }
  return found;
}

function ownerOf(call: SyncMapCall): [Parameters<typeof mapName>[0], number] {
  const last = call.path.steps.at(-1);
  return [last?.kind === "field" ? last.field : call.path.root, 0];
}

/** True where the function uses a lock: what it does between is for the lock. */
function takesLock(call: SyncMapCall): boolean {
  return /\.R?Lock\(\)/.test(textOf(call.fn, call.fn.node));
}

/** True where the stored value is computed from the loaded one. */
function dependsOn(store: SyncMapCall, load: SyncMapCall): boolean {
  const value = store.call.args[1];
  const name = value ? loadedName(load) : null;
  if (!value || name === null || unparen(value).kind === "Ident") return false;
  let used = false;
  const visit = (node: Node): void => {
    if (node.kind === "Ident" && node.name === name) used = true;
    forEachChild(node, visit);
  };
  visit(value);
  return used;
}

function loadedName(load: SyncMapCall): string | null {
  for (const [variable, definitions] of load.fn.facts.definitions) {
    if (
      definitions.some((d) => d.index === 0 && d.expr !== null && isSameRange(unparen(d.expr), load.call))
    ) {
      return variable.name;
    }
  }
  return null;
}

/** A read in one critical section and a write of the same key in the next, with no look in between. */
function underTwoLocks(group: MapGroup): CoreFinding[] {
  const found: CoreFinding[] = [];
  const own = group.uses.filter((use) => use.access.calls.length === 0 && use.access.locks.length > 0);
  for (const { access: act, entry, from, spawn } of own) {
    if (act.kind !== "write" || act.counter) continue;
    const section = mutexOf(act);
    const key = keyText(act);
    if (section === null || key === "") continue;
    const same = own.filter(
      ({ access }) => access.fn === act.fn && access.content === "read" && access.node.pos < act.node.pos,
    );
    if (same.some(({ access }) => access.locks.includes(section))) continue;
    const check = same.find(({ access }) => keyText(access) === key && isSameLock(mutexOf(access), section));
    const map = check ? coreMap(group.owner, group.depth) : null;
    if (!check || map === null) continue;
    const side = coreAccess({ access: act, entry, from, spawn });
    const earlier = coreAccess({
      access: check.access,
      entry: check.entry,
      from: check.from,
      spawn: check.spawn,
    });
    found.push({
      code: "check-then-act",
      message: `map ${map.name} is checked at ${lineLabel(act.fn, check.access.node)} and written at ${lineLabel(act.fn, act.node)} in two critical sections of ${section.text}: it may have changed in between`,
      severity: "information",
      confidence: "possible",
      map,
      accesses: [side, earlier],
      reasoning:
        "The lock is given back between the check and the update, and the update does not look again.",
      advice: null,
    });
  }
  return found;
}

function mutexOf(access: Access): Held | null {
  return access.locks.find((lock) => lock.by === "mutex" && lock.path !== null) ?? null;
}

function isSameLock(a: Held | null, b: Held): boolean {
  return a !== null && a.path !== null && b.path !== null && groupKey(a.path) === groupKey(b.path);
}

function keyText(access: Access): string {
  const { index } = access.node;
  return index === null ? "" : textOf(access.fn, index);
}
