/**
 * The `snapshot` Fix: readers take an `atomic.Pointer` to a map that is never written again; writers replace it.
 *
 * A map that is cleared or made anew and then filled is filled before it is shown. Smaller changes are made to a
 * copy, one at a time. Offered for package variables and fields that are not checked first and changed later.
 */
import type { Node, Stmt } from "../syntax/ast.ts";
import type { FuncNode, Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import { exitsOf } from "./exits.ts";
import { addField, heldAt } from "./guard.ts";
import { holdRules, type MayHold } from "./hold.ts";
import { lazyMaking, redeclare } from "./mapDeclaration.ts";
import type { Question } from "./question.ts";
import { CannotFix } from "./refusal.ts";
import { isConstructing } from "./rwmutex.ts";
import { spellType } from "./spell.ts";
import { memberNames, receiverName, structOf } from "./structs.ts";
import {
  childrenOf,
  type DeclTree,
  endOf,
  isWithin,
  type ListOwner,
  someNode,
  startOf,
  statementsOf,
  textOf,
} from "./tree.ts";
import {
  freshName,
  identifiersIn,
  identifiersOf,
  isReachedByName,
  isSameThrough,
  place,
  type Use,
} from "./uses.ts";

interface Work {
  readonly map: Var;
  readonly draft: Draft;
  readonly mayHold: MayHold;
  /** The functions that the Fix adds: what readers call, and what writers hand a change to. */
  readonly reader: string;
  readonly update: string;
  readonly mutex: string;
  /** Whether any change is made to a copy, so that two must not be made at once. */
  readonly copies: boolean;
}

/** A run of statements that changes the map; `fresh` where it begins by making or clearing it. */
interface Change {
  readonly tree: DeclTree;
  readonly statements: readonly Stmt[];
  readonly uses: readonly Use[];
  readonly fresh: Use | null;
}

/** Writes the Fix into the draft. Throws {@link CannotFix}. */
export function rewriteToSnapshot(question: Question, map: Var, uses: readonly Use[], draft: Draft): void {
  if (map.role !== "package" && map.role !== "field") {
    throw new CannotFix(
      `${map.name} is local; a snapshot is for maps that outlive a function, so use a lock.`,
    );
  }
  if (!map.pkg!.atLeast(19)) {
    throw new CannotFix(
      `A snapshot needs atomic.Pointer of Go 1.19, and the go.mod of ${map.name} names an older version or none; use a lock.`,
    );
  }
  for (const use of uses) refuse(map, use);
  refuseUpdates(map, uses);
  const dropped = uses.filter(
    (u) => u.kind === "compare" || (u.kind === "assign" && (lazyMaking(u) !== null || isConstructing(u))),
  );
  const declared = uses.filter((u) => u.kind === "declare" || u.kind === "literal");
  const live = uses.filter((u) => !dropped.includes(u) && !declared.includes(u));
  const writers = new Set<Node>(live.flatMap((u) => (u.writes && u.host !== null ? [u.host] : [])));
  const mayHold = holdRules(writers);
  const changes = [...writers].flatMap((host) =>
    changesOf(
      mayHold,
      host as FuncNode,
      live.filter((u) => u.host === host),
    ),
  );
  if (changes.length === 0)
    throw new CannotFix(`Nothing changes ${map.name} after it is made, so it needs no snapshot.`);
  refuseCheckThenAct(map, live, changes);
  const declaration = declared.find((u) => u.kind === "declare");
  if (declaration === undefined) throw new CannotFix(`The declaration of ${map.name} is not in sight.`);
  const work = namesFor(map, draft, mayHold, changes);
  const { tree } = declaration;
  const type = typeText(work, tree);
  redeclare(
    question,
    map,
    [...declared, ...dropped],
    draft,
    (t) => `${draft.importName(t.file, "sync/atomic", "atomic")}.Pointer[${typeText(work, t)}]`,
    "never written once it is stored",
  );
  for (const change of changes) writeChange(work, change);
  const changed = new Set(changes.flatMap((c) => c.uses));
  for (const use of live) {
    if (changed.has(use)) continue;
    const on = use.base === "" ? "" : `${use.base}.`;
    draft.replace(
      use.tree.file,
      startOf(use.tree, use.ref),
      endOf(use.tree, use.ref),
      `${on}${work.reader}()`,
    );
  }
  draft.afterDeclaration(tree, helpers(work, tree, type));
}

function refuse(map: Var, use: Use): void {
  const at = place(use.tree, use.ref);
  if (use.kind === "return")
    throw new CannotFix(
      `${map.name} is returned at ${at}, and its callers may write it; return a copy first.`,
    );
  if (use.kind === "compare" && lazyMaking(use) === null)
    throw new CannotFix(`${map.name} is compared with nil at ${at}; ask for its length first.`);
  if (!isReachedByName(use))
    throw new CannotFix(
      `${map.name} is reached through a call at ${at}; take the result into a variable first.`,
    );
  if (use.host === null && use.kind !== "declare" && use.kind !== "literal")
    throw new CannotFix(`${map.name} is used outside of functions at ${at}; move that into init first.`);
  const [held] = heldAt(use.tree, use.ref);
  if (held !== undefined)
    throw new CannotFix(
      `${map.name} is guarded by ${held.text} at ${at}; take that lock everywhere instead.`,
    );
}

/** A counter changes too often for a copy each time, and what hangs on an element is not copied at all. */
function refuseUpdates(map: Var, uses: readonly Use[]): void {
  const update = uses.find((u) => u.kind === "update");
  if (update !== undefined) {
    throw new CannotFix(
      `An element of ${map.name} is changed in place at ${place(update.tree, update.ref)}; use a lock or counters.`,
    );
  }
}

function refuseCheckThenAct(map: Var, live: readonly Use[], changes: readonly Change[]): void {
  for (const read of live) {
    if (read.writes || changes.some((c) => c.uses.includes(read))) continue;
    const later = changes.find(
      (c) =>
        c.uses[0]!.host === read.host && startOf(c.tree, c.statements[0]!) > startOf(read.tree, read.ref),
    );
    if (later !== undefined) {
      throw new CannotFix(
        `${map.name} is read at ${place(read.tree, read.ref)} and then changed at ${place(later.tree, later.statements[0]!)}; with a snapshot these would be two steps, so use a lock.`,
      );
    }
  }
}

/** The changes that a function makes, each as wide as it can be. */
function changesOf(mayHold: MayHold, host: FuncNode, uses: readonly Use[]): Change[] {
  if (host.body === null || uses.length === 0) return [];
  return changesIn(mayHold, uses[0]!.tree, host.body, uses);
}

function changesIn(mayHold: MayHold, tree: DeclTree, owner: ListOwner, uses: readonly Use[]): Change[] {
  const list = statementsOf(owner);
  const usesAt = list.map((s) => uses.filter((u) => isWithin(tree, u.ref, s)));
  const writesAt = usesAt.map((at) => at.some((u) => u.writes));
  const changes: Change[] = [];
  for (let i = 0; i < list.length; i++) {
    if (!writesAt[i]) continue;
    let last = -1;
    for (let j = i; j < list.length && canChange(mayHold, tree, list[j]!); j++) {
      const run = list.slice(i, j + 1);
      if (
        !usesAt
          .slice(i, j + 1)
          .flat()
          .every((u) => isSameThrough(u, run))
      )
        break;
      if (writesAt[j]) last = j;
    }
    if (last === -1) {
      const inner = listsWithin(list[i]!);
      const covered = inner.flatMap((o) => changesIn(mayHold, tree, o, usesAt[i]!));
      const left = usesAt[i]!.find((u) => u.writes && !covered.some((c) => c.uses.includes(u)));
      if (left !== undefined)
        throw new CannotFix(
          `The change at ${place(tree, left.ref)} also leaves, waits or declares; give it a line of its own first.`,
        );
      changes.push(...covered);
      continue;
    }
    const statements = list.slice(i, last + 1);
    changes.push({
      tree,
      statements,
      uses: usesAt.slice(i, last + 1).flat(),
      fresh: freshStart(statements[0]!, usesAt[i]!),
    });
    i = last;
  }
  return changes;
}

function canChange(mayHold: MayHold, tree: DeclTree, statement: Stmt): boolean {
  const declares =
    statement.kind === "DeclStmt" ||
    statement.kind === "LabeledStmt" ||
    (statement.kind === "AssignStmt" && statement.op === ":=");
  const waits =
    !mayHold(tree, statement) || someNode(statement, (n) => n.kind === "DeferStmt" || n.kind === "GoStmt");
  return (
    !declares &&
    !waits &&
    exitsOf(tree, statement, statement).length === 0 &&
    !textOf(tree, statement).includes("`")
  );
}

function listsWithin(statement: Stmt): ListOwner[] {
  const owners: ListOwner[] = [];
  const visit = (n: Node): void => {
    if (n.kind === "FuncLit") return;
    if (n.kind === "BlockStmt" || n.kind === "CaseClause" || n.kind === "CommClause") owners.push(n);
    else for (const child of childrenOf(n)) visit(child);
  };
  visit(statement);
  return owners;
}

/** The use by which the first statement starts from nothing: `m = …` or `clear(m)`. */
function freshStart(statement: Stmt, uses: readonly Use[]): Use | null {
  const [use] = uses;
  if (use === undefined || uses.length !== 1) return null;
  if (
    use.kind === "assign" &&
    use.node === statement &&
    statement.kind === "AssignStmt" &&
    statement.lhs.length === 1
  )
    return use;
  return use.kind === "clear" && statement.kind === "ExprStmt" && statement.x === use.node ? use : null;
}

function namesFor(map: Var, draft: Draft, mayHold: MayHold, changes: readonly Change[]): Work {
  const taken = map.role === "field" ? memberNames(structOf(map)) : identifiersOf(map.pkg!);
  const capital = map.name.charAt(0).toUpperCase() + map.name.slice(1);
  return {
    map,
    draft,
    mayHold,
    reader: freshName([`current${capital}`, `load${capital}`], taken),
    update: freshName([`update${capital}`, `change${capital}`], taken),
    mutex: freshName([`${map.name}Mu`, `${map.name}Writers`], taken),
    copies: changes.some((c) => c.fresh === null),
  };
}

function writeChange(work: Work, change: Change): void {
  const { draft } = work;
  const { tree, statements, fresh } = change;
  const [first, last] = [statements[0]!, statements.at(-1)!];
  const next = freshName(["next", "updated", "copied"], identifiersIn(tree));
  const use = change.uses[0]!;
  if (change.uses.some((u) => u.base !== use.base))
    throw new CannotFix(`Two maps are changed together at ${place(tree, first)}; part the changes first.`);
  const on = use.base === "" ? "" : `${use.base}.`;
  for (const u of change.uses)
    if (u !== fresh) draft.replace(tree.file, startOf(tree, u.ref), endOf(tree, u.ref), next);
  if (fresh !== null) {
    const made = first.kind === "AssignStmt" ? textOf(tree, first.rhs[0]!) : `make(${typeText(work, tree)})`;
    draft.replace(tree.file, startOf(tree, first), endOf(tree, first), `${next} := ${made}`);
    const store = `${on}${work.map.name}.Store(&${next})`;
    draft.after(
      tree,
      last,
      work.copies ? [`${on}${work.mutex}.Lock()`, store, `${on}${work.mutex}.Unlock()`] : [store],
    );
    return;
  }
  draft.before(tree, first, [`${on}${work.update}(func(${next} ${typeText(work, tree)}) {`]);
  const { text } = tree.file;
  draft.replace(tree.file, startOf(tree, first), startOf(tree, first), "\t");
  for (
    let at = text.indexOf("\n", startOf(tree, first)) + 1;
    at > 0 && at < endOf(tree, last);
    at = text.indexOf("\n", at) + 1
  ) {
    if (!/^\r?\n/.test(text.slice(at, at + 2))) draft.replace(tree.file, at, at, "\t");
  }
  draft.after(tree, last, ["})"]);
}

function helpers(work: Work, tree: DeclTree, type: string): string[] {
  const { map, reader, update, mutex, draft } = work;
  const owner = map.role === "field" ? structOf(map) : null;
  if (owner !== null && owner.named === null)
    throw new CannotFix(`The struct that holds ${map.name} has no name; name its type first.`);
  const generic = owner?.named?.type();
  if (generic?.kind === "named" && generic.typeParams.length > 0)
    throw new CannotFix(`The struct that holds ${map.name} is generic; use a lock.`);
  const self = owner === null ? "" : receiverName(owner);
  const receiver = owner === null ? "" : `(${self} *${owner.named!.name}) `;
  const on = owner === null ? "" : `${self}.`;
  const lines = [
    `// ${reader} returns the map as it is now; nobody writes to it any more.`,
    `func ${receiver}${reader}() ${type} {`,
    `\tif current := ${on}${map.name}.Load(); current != nil {`,
    "\t\treturn *current",
    "\t}",
    "\treturn nil",
    "}",
  ];
  if (!work.copies) return lines;
  const sync = draft.importName(tree.file, "sync", "sync");
  const declared = owner === null ? mutex : null;
  const lock = declared ?? `${on}${mutex}`;
  if (owner !== null) addMutexField(work, sync);
  return [
    ...(declared === null
      ? []
      : [`// ${mutex} is held while ${map.name} is changed.`, `var ${mutex} ${sync}.Mutex`, ""]),
    ...lines,
    "",
    `// ${update} changes a copy of ${map.name} and then shows it to all readers.`,
    `func ${receiver}${update}(change func(${type})) {`,
    `\t${lock}.Lock()`,
    `\tdefer ${lock}.Unlock()`,
    `\tcurrent := ${on}${reader}()`,
    `\tnext := make(${type}, len(current)+1)`,
    "\tfor key, value := range current {",
    "\t\tnext[key] = value",
    "\t}",
    "\tchange(next)",
    `\t${on}${map.name}.Store(&next)`,
    "}",
  ];
}

function addMutexField(work: Work, sync: string): void {
  const owner = structOf(work.map);
  addField(owner.tree, owner.field, work.draft, [
    `// ${work.mutex} is held while ${work.map.name} is changed.`,
    `${work.mutex} ${sync}.Mutex`,
  ]);
}

function typeText(work: Work, tree: DeclTree): string {
  const text = spellType(work.map.type(), work.map.pkg!, (path, name) =>
    work.draft.importName(tree.file, path, name),
  );
  if (text === null)
    throw new CannotFix(
      `The type of ${work.map.name} cannot be spelt in ${tree.file.path}; give its elements a named type first.`,
    );
  return text;
}
