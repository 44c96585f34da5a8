/**
 * The mutex of an `rwmutex` Fix: one that already guards the map elsewhere, or a new one beside it.
 *
 * Decides which uses are guarded already, how the lock is spelt at a use, and where a new one is declared.
 */
import { declFacts } from "../calls/declFacts.ts";
import { isVar } from "../calls/functions.ts";
import { assumedLocks, declaredGuard } from "../locks/contracts.ts";
import type { Expr, FuncDecl, Ident, Node, Stmt } from "../syntax/ast.ts";
import type { FuncNode, Package, Type, Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import type { LockName } from "./lockWork.ts";
import type { Question } from "./question.ts";
import { CannotFix } from "./refusal.ts";
import { isEmbedded, memberNames, refuseCopies, structOf } from "./structs.ts";
import {
  type DeclTree,
  endOf,
  functionOf,
  listOwnerOf,
  startOf,
  statementsOf,
  textOf,
  unparen,
  walk,
} from "./tree.ts";
import { freshName, hostOf, identifiersOf, place, treesWith, type Use } from "./uses.ts";

/** The lock of a map, and the uses that it still lacks. */
export interface Guard {
  lockOf(use: Use): LockName;
  readonly missing: readonly Use[];
  /** The mutex variable where the map had one already. */
  readonly existing: Var | null;
}

/** Which mutex a variable of the map's kind is, by its type. */
export function mutexKind(type: Type): "Mutex" | "RWMutex" | null {
  const t = type.kind === "pointer" ? type.elem : type;
  if (t.kind === "alias") return mutexKind(t.target());
  if (t.kind !== "named" || t.obj.pkg?.path !== "sync") return null;
  return t.obj.name === "Mutex" || t.obj.name === "RWMutex" ? t.obj.name : null;
}

interface Held {
  readonly mutex: Var;
  readonly read: boolean;
  /** As written before `.Lock()`. */
  readonly text: string;
}

/** The mutexes that are held at a node by calls that stand before it in its function. */
export function heldAt(tree: DeclTree, node: Node): Held[] {
  const held: Held[] = [];
  const released = new Set<string>();
  const host = hostOf(tree, node);
  for (let n: Node | undefined = node; n !== undefined && n !== host; n = tree.parents.get(n)) {
    const owner = listOwnerOf(tree, n);
    if (owner === null) continue;
    const list = statementsOf(owner);
    for (let i = list.indexOf(n as Stmt) - 1; i >= 0; i--) {
      const call = lockCall(tree, list[i]!);
      if (call === null) continue;
      if (call.method.endsWith("Unlock")) released.add(call.text);
      else if (!released.has(call.text))
        held.push({ mutex: call.mutex, read: call.method === "RLock", text: call.text });
    }
  }
  return held;
}

interface LockCall {
  readonly mutex: Var;
  readonly text: string;
  readonly method: "Lock" | "RLock" | "Unlock" | "RUnlock";
}

/** The call when a statement is `x.Lock()` or its like, not deferred. */
function lockCall(tree: DeclTree, statement: Stmt): LockCall | null {
  if (statement.kind !== "ExprStmt") return null;
  const call = unparen(statement.x) as Expr;
  if (call.kind !== "CallExpr" || call.fun.kind !== "SelectorExpr") return null;
  const method = call.fun.sel.name;
  if (method !== "Lock" && method !== "RLock" && method !== "Unlock" && method !== "RUnlock") return null;
  const on = unparen(call.fun.x) as Expr;
  const selection = tree.info.selectionOf(call.fun);
  const embedded = selection?.path.at(-1);
  if (embedded !== undefined && mutexKind(embedded.type()) !== null)
    return { mutex: embedded, text: textOf(tree, on), method };
  const obj =
    on.kind === "Ident"
      ? tree.info.objectOf(on)
      : on.kind === "SelectorExpr"
        ? tree.info.objectOf(on.sel)
        : null;
  if (obj?.kind !== "var" || mutexKind(obj.type()) === null) return null;
  return { mutex: obj, text: textOf(tree, on), method };
}

/** Finds the mutex that already guards some of the `wanted` uses, or declares one in the draft. */
export function chooseGuard(
  question: Question,
  map: Var,
  uses: readonly Use[],
  wanted: readonly Use[],
  draft: Draft,
): Guard {
  const counts = new Map<Var, Use[]>();
  for (const use of wanted) {
    for (const held of heldAt(use.tree, use.ref)) {
      if (map.role === "field" && held.mutex.role !== "field" && held.mutex.role !== "package") continue;
      counts.set(held.mutex.origin, [...(counts.get(held.mutex.origin) ?? []), use]);
    }
  }
  const best = [...counts].sort((a, b) => b[1].length - a[1].length)[0];
  if (best !== undefined) return existingGuard(map, best[0], wanted, draft);
  for (const use of wanted) refuseExpected(map, use);
  return promisedGuard(map, wanted) ?? newGuard(question, map, uses, wanted, draft);
}

/** A second lock is no answer where the function says that its callers hold the first. */
function refuseExpected(map: Var, { tree, host }: Use): void {
  if (host?.kind !== "FuncDecl") return;
  const fn = declFacts(map.pkg!, tree.decl).functions.find((f) => f.node === host);
  if (fn && assumedLocks(fn).some((lock) => lock.by === "contract"))
    throw new CannotFix(`${fn.name} expects its callers to hold a lock; take it where they call it.`);
}

/** The mutex that the map's comment says it is guarded by, where nobody takes it yet. */
function promisedGuard(map: Var, missing: readonly Use[]): Guard | null {
  const mutex = declaredGuard(map)?.path?.root;
  const kind = mutex ? mutexKind(mutex.type()) : null;
  if (!mutex || kind === null || (mutex.role === "field" && missing.some((use) => use.base === "")))
    return null;
  return {
    existing: mutex,
    missing,
    lockOf: (use) => ({
      text: mutex.role === "field" ? `${use.base}.${mutex.name}` : mutex.name,
      shared: kind === "RWMutex",
    }),
  };
}

function existingGuard(map: Var, mutex: Var, uses: readonly Use[], draft: Draft): Guard {
  const shared = mutexKind(mutex.type()) === "RWMutex";
  const sample = uses.flatMap((u) =>
    heldAt(u.tree, u.ref)
      .filter((h) => h.mutex.origin === mutex)
      .map((h) => ({ u, h })),
  )[0]!;
  // "c.mu" guards "c.items": what follows the common base is how the lock is spelt beside the map.
  const suffix =
    sample.u.base !== "" && sample.h.text.startsWith(sample.u.base)
      ? sample.h.text.slice(sample.u.base.length)
      : null;
  if (map.role === "field" && mutex.role === "field" && suffix === null) {
    throw new CannotFix(
      `${map.name} is guarded by ${sample.h.text}, which is not beside it; say which lock is meant by locking it here too.`,
    );
  }
  const upgraded = new Set<FuncNode | null>();
  const missing = uses.filter((use) => {
    const held = heldAt(use.tree, use.ref).find((h) => h.mutex.origin === mutex);
    if (held?.read === true && use.writes && !upgraded.has(use.host)) {
      takeForWriting(use, held.text, draft);
      upgraded.add(use.host);
    }
    return held === undefined && !isHeldByCallers(use, mutex);
  });
  return {
    existing: mutex,
    missing,
    lockOf: (use) => ({
      text: suffix !== null && mutex.role === "field" ? use.base + suffix : sample.h.text,
      shared,
    }),
  };
}

/** Makes the one read lock of a function a write lock. Throws {@link CannotFix} where there are several. */
function takeForWriting(use: Use, lock: string, draft: Draft): void {
  const { tree, host } = use;
  const named = (method: string): Ident[] => {
    const found: Ident[] = [];
    walk(host ?? use.ref, (n) => {
      if (n.kind === "CallExpr" && n.fun.kind === "SelectorExpr" && n.fun.sel.name === method) {
        if (textOf(tree, n.fun.x) === lock) found.push(n.fun.sel);
      }
      return undefined;
    });
    return found;
  };
  const locks = named("RLock");
  if (locks.length !== 1) {
    throw new CannotFix(
      `The map is written at ${place(tree, use.ref)} while ${lock} is held for reading, which it is ${locks.length} times there; take the write lock by hand.`,
    );
  }
  for (const name of [...locks, ...named("RUnlock")]) {
    draft.replace(tree.file, startOf(tree, name), endOf(tree, name), name.name.slice(1));
  }
}

/** True in a function that is only called with the mutex held. Throws {@link CannotFix} where some calls hold it. */
function isHeldByCallers(use: Use, mutex: Var): boolean {
  const { host } = use;
  if (host?.kind !== "FuncDecl") return false;
  const sites = callSites(use.tree.pkg, host);
  const holding = sites.filter(({ tree, at }) => heldAt(tree, at).some((h) => h.mutex.origin === mutex));
  if (holding.length === 0) return sites.length === 0 && host.name.name.endsWith("Locked");
  if (holding.length === sites.length) return true;
  const [open] = sites.filter((s) => !holding.includes(s));
  throw new CannotFix(
    `${host.name.name} is called with ${mutex.name} held and, at ${place(open!.tree, open!.at)}, without; hold it there too.`,
  );
}

/** Where a package names a function other than to declare it: its calls, and places that hand it on. */
function callSites(pkg: Package, host: FuncDecl): { readonly tree: DeclTree; readonly at: Node }[] {
  const sites: { tree: DeclTree; at: Node }[] = [];
  for (const tree of treesWith(pkg, host.name.name)) {
    walk(tree.decl, (n) => {
      if (n.kind !== "Ident" || n.name !== host.name.name || n === host.name) return undefined;
      const obj = tree.info.objectOf(n);
      if (obj?.kind === "func" && obj.origin.func === host) sites.push({ tree, at: n });
      return undefined;
    });
  }
  return sites;
}

function newGuard(
  question: Question,
  map: Var,
  uses: readonly Use[],
  wanted: readonly Use[],
  draft: Draft,
): Guard {
  const name = declareMutex(question, map, uses, draft);
  return {
    existing: null,
    missing: wanted,
    lockOf: (use) => ({ text: map.role === "field" ? `${use.base}.${name}` : name, shared: true }),
  };
}

/** Declares a new mutex beside the map; returns its name. */
function declareMutex(question: Question, map: Var, uses: readonly Use[], draft: Draft): string {
  const { at, pkg } = map;
  if (at === null || pkg === null) throw new CannotFix(`The declaration of ${map.name} is not in sight.`);
  const sync = draft.importName(at.file, "sync", "sync");
  if (map.role === "field") {
    const owner = structOf(map);
    refuseCopies(question, owner);
    const members = memberNames(owner);
    const plain = owner.named === null || !isEmbedded(question.program, owner.named);
    const name = freshName(plain ? ["mu", `${map.name}Mu`] : [`${map.name}Mu`], members);
    addField(owner.tree, owner.field, draft, [`// ${name} guards ${map.name}.`, `${name} ${sync}.RWMutex`]);
    return name;
  }
  const names = identifiersOf(pkg);
  const name = freshName([`${map.name}Mu`, `${map.name}Lock`], names);
  const declaration = uses.find((u) => u.kind === "declare");
  if (declaration === undefined) throw new CannotFix(`The declaration of ${map.name} is not in sight.`);
  if (map.role === "package") {
    draft.afterDeclaration(declaration.tree, [
      `// ${name} guards ${map.name}.`,
      `var ${name} ${sync}.RWMutex`,
    ]);
    return name;
  }
  let statement: Node | undefined = declaration.node;
  while (statement !== undefined && listOwnerOf(declaration.tree, statement) === null)
    statement = declaration.tree.parents.get(statement);
  if (map.role !== "local" || statement === undefined || functionOf(declaration.tree, statement) === null) {
    throw new CannotFix(
      `${map.name} is a parameter or is declared in a statement's header; give it a line of its own first.`,
    );
  }
  draft.before(declaration.tree, statement as Stmt, [`var ${name} ${sync}.RWMutex // guards ${map.name}`]);
  return name;
}

/** Puts a field's lines above another field and the comments that belong to that one. */
export function addField(tree: DeclTree, field: Node, draft: Draft, lines: readonly string[]): void {
  const { file } = tree;
  const struct = tree.parents.get(tree.parents.get(field)!)!;
  const eol = draft.eolOf(file);
  const start = startOf(tree, field);
  const body = file.text.slice(startOf(tree, struct), endOf(tree, struct));
  if (!body.includes("\n"))
    throw new CannotFix(
      `The struct at ${place(tree, struct)} is written in one line; give each field a line of its own first.`,
    );
  let at = file.text.lastIndexOf("\n", start - 1) + 1;
  const indent = file.text.slice(at, start);
  if (indent.trim() !== "")
    throw new CannotFix(`Two fields share a line at ${place(tree, field)}; run gofmt first.`);
  for (;;) {
    const above = file.text.lastIndexOf("\n", at - 2) + 1;
    if (above < startOf(tree, struct) || !/^[\t ]*\/\//.test(file.text.slice(above, at))) break;
    at = above;
  }
  draft.replace(file, at, at, lines.map((l) => indent + l + eol).join(""));
}

/** True when a call names the mutex: functions that hold one of these take the lock. */
export function takesLock(tree: DeclTree, node: Node, mutex: Var): boolean {
  if (node.kind !== "ExprStmt") return false;
  const call = lockCall(tree, node);
  return call !== null && isVar(call.mutex, mutex) && !call.method.endsWith("Unlock");
}
