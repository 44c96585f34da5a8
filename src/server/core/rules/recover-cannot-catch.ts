/**
 * A `recover` around a map access that can meet another: the runtime ends the program there, no deferred
 * function runs. Flagged where the recovering function starts the work anew, or makes the access itself.
 */
import { type Fn, forEachChild, unparen } from "../calls/functions.ts";
import type { CoreFinding } from "../finding.ts";
import type { CallExpr, Node } from "../syntax/ast.ts";
import { conflictFinding } from "./conflictFinding.ts";
import type { Conflict, Side } from "./conflicts.ts";
import type { Rule } from "./rule.ts";
import { lineLabel, mapName, placeOf } from "./wording.ts";

const HELP = `\`fatal error: concurrent map writes\` and its kin are not panics: they cannot be recovered, the
process ends. A deferred \`recover\` that starts the work again does not survive them either, and for panics that
it does catch (a write into a nil map) every round may leave one more goroutine behind.

**Wrong**
\`\`\`go
func (w *Watcher) poll() {
	defer func() {
		if r := recover(); r != nil {
			go w.run() // the old loop still runs: goroutines multiply
		}
	}()
	w.settings[key] = value // dies here when another goroutine is at it
}
\`\`\`

**Right**: end the race (a lock, a copy that is swapped), make the map before anybody writes into it, and let one
goroutine loop.

**What it does not see.** A \`recover\` in a middleware far from the access is not flagged: it is there for panics.`;

export const recoverCannotCatch: Rule = {
  code: "recover-cannot-catch",
  title: "A recover that cannot catch a map race",
  help: HELP,
  oncePerPlace: true,
  onMap: ({ group, conflicts }) => {
    const found = new Map<CallExpr, CoreFinding>();
    for (const conflict of conflicts) {
      if (conflict.confidence === "possible" || conflict.kind === "variable") continue;
      for (const side of [conflict.flagged, ...conflict.others]) {
        const recovery = recoveryAround(side);
        if (recovery === null || found.has(recovery.call)) continue;
        const finding = conflictFinding(
          conflict,
          group,
          "recover-cannot-catch",
          messageOf(conflict, recovery, side),
        );
        if (finding === null) continue;
        const at = placeOf(recovery.fn, recovery.call);
        const [flagged, ...others] = finding.accesses;
        found.set(recovery.call, {
          ...finding,
          accesses: [{ ...flagged, ...at, function: recovery.fn.name }, flagged, ...others],
          advice: null,
        });
      }
    }
    return [...found.values()];
  },
};

interface Recovery {
  readonly fn: Fn;
  readonly call: CallExpr;
  /** True where the deferred function starts a goroutine. */
  readonly restarts: boolean;
}

/** The recover that the author of the access may have hoped for: in its function, or one that starts anew. */
function recoveryAround(side: Side): Recovery | null {
  const own = recoveryOf(side.access.fn);
  if (own) return own;
  for (const { fn } of side.access.calls) {
    const around = recoveryOf(fn);
    if (around?.restarts) return around;
  }
  return null;
}

function recoveryOf(fn: Fn): Recovery | null {
  let found: Recovery | null = null;
  for (const statement of fn.node.body?.list ?? []) {
    if (statement.kind !== "DeferStmt") continue;
    const deferred = unparen(statement.call);
    const literal = deferred.kind === "CallExpr" ? unparen(deferred.fun) : null;
    if (literal?.kind !== "FuncLit") continue;
    let call: CallExpr | null = null;
    let restarts = false;
    const visit = (node: Node): void => {
      if (node.kind === "GoStmt") restarts = true;
      if (node.kind === "CallExpr" && node.fun.kind === "Ident" && node.fun.name === "recover") call = node;
      forEachChild(node, visit);
    };
    visit(literal.body);
    if (call !== null) found = { fn, call, restarts };
  }
  return found;
}

function messageOf(conflict: Conflict, recovery: Recovery, side: Side): string {
  const name = mapName(conflict.owner, conflict.depth);
  const place = lineLabel(side.access.fn, side.access.node);
  const again = recovery.restarts ? ", and every panic that it does catch starts one more goroutine" : "";
  return `recover cannot catch a concurrent access to map ${name} (${place}): the runtime ends the program with a fatal error${again}`;
}
