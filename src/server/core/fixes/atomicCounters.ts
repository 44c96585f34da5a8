/**
 * The `atomic` Fix: a map of counters becomes a `sync.Map` of `*atomic.Int64` and its like.
 *
 * A counter is made the first time its key is counted and stays the same from then on, so counting never takes
 * a lock. Offered only where counting is all that happens: adding, setting, reading and going through.
 */
import type { Expr, IncDecStmt, IndexExpr, Node, RangeStmt, Stmt } from "../syntax/ast.ts";
import type { Type, Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import { heldAt } from "./guard.ts";
import { lazyMaking, redeclare } from "./mapDeclaration.ts";
import type { Question } from "./question.ts";
import { rangeOverSyncMap } from "./rangeCallback.ts";
import { CannotFix } from "./refusal.ts";
import { emptyInterface, spellType, underlyingOf } from "./spell.ts";
import { type DeclTree, endOf, listOwnerOf, startOf, textOf } from "./tree.ts";
import {
  freshName,
  identifiersIn,
  identifiersOf,
  isReachedByName,
  mapTypeOf,
  place,
  type Use,
} from "./uses.ts";

/** The type of sync/atomic that counts for each integer type; narrower ones would wrap elsewhere. */
const COUNTERS: Readonly<Record<string, string>> = {
  int: "Int64",
  int64: "Int64",
  int32: "Int32",
  uint: "Uint64",
  uint64: "Uint64",
  uint32: "Uint32",
};

interface Work {
  readonly map: Var;
  readonly draft: Draft;
  readonly elem: Type;
  readonly key: Type;
  /** "Int64", and what its methods take: "int64". */
  readonly counter: string;
  readonly operand: string;
  readonly counterFunc: string;
  readonly countFunc: string;
}

/** Writes the Fix into the draft. Throws {@link CannotFix}. */
export function rewriteToCounters(question: Question, map: Var, uses: readonly Use[], draft: Draft): void {
  if (!map.pkg!.atLeast(19)) {
    throw new CannotFix(
      `The counters of sync/atomic came with Go 1.19, and the go.mod of ${map.name} names an older version or none; use a lock.`,
    );
  }
  const { key, elem } = mapTypeOf(map)!;
  const basic = underlyingOf(elem);
  const counter = basic.kind === "basic" ? COUNTERS[basic.name] : undefined;
  if (counter === undefined)
    throw new CannotFix(`${map.name} does not hold integers that sync/atomic can count; use a lock.`);
  if (!uses.some((u) => u.kind === "update"))
    throw new CannotFix(`Nothing is counted in ${map.name}; use a lock.`);
  const taken = identifiersOf(map.pkg!);
  const counterFunc = freshName(["counterFor", `${map.name}Counter`], taken);
  const countFunc = freshName(["countFor", `${map.name}Count`], taken);
  const work: Work = {
    map,
    draft,
    key,
    elem,
    counter,
    operand: counter.toLowerCase(),
    counterFunc,
    countFunc,
  };
  for (const use of uses) {
    const [held] = heldAt(use.tree, use.ref);
    if (held !== undefined) {
      throw new CannotFix(
        `${map.name} is guarded by ${held.text} at ${place(use.tree, use.ref)}; take that lock everywhere instead.`,
      );
    }
    rewriteUse(work, use);
  }
  const declaration = uses.find((u) => u.kind === "declare");
  if (declaration === undefined) throw new CannotFix(`The declaration of ${map.name} is not in sight.`);
  const { tree } = declaration;
  const comment = `map[${spelled(work, tree, key)}]*atomic.${counter}`;
  redeclare(question, map, uses, draft, (t) => `${draft.importName(t.file, "sync", "sync")}.Map`, comment);
  draft.afterDeclaration(
    tree,
    helpers(
      work,
      tree,
      uses.some((u) => u.kind === "load"),
    ),
  );
}

function helpers(work: Work, tree: DeclTree, reads: boolean): string[] {
  const { draft, counterFunc, countFunc } = work;
  const sync = draft.importName(tree.file, "sync", "sync");
  const atomic = `${draft.importName(tree.file, "sync/atomic", "atomic")}.${work.counter}`;
  const key = spelled(work, tree, work.key);
  const lines = [
    `// ${counterFunc} returns the counter of a key, which is made when it is first asked for.`,
    `func ${counterFunc}(counters *${sync}.Map, key ${key}) *${atomic} {`,
    "\tif c, ok := counters.Load(key); ok {",
    `\t\treturn c.(*${atomic})`,
    "\t}",
    `\tc, _ := counters.LoadOrStore(key, new(${atomic}))`,
    `\treturn c.(*${atomic})`,
    "}",
  ];
  if (!reads) return lines;
  const elem = spelled(work, tree, work.elem);
  return [
    ...lines,
    "",
    `// ${countFunc} returns what the counter of a key stands at; a key that was never counted is not made.`,
    `func ${countFunc}(counters *${sync}.Map, key ${key}) ${elem} {`,
    "\tif c, ok := counters.Load(key); ok {",
    `\t\treturn ${fromCounter(work, tree, `c.(*${atomic}).Load()`)}`,
    "\t}",
    "\treturn 0",
    "}",
  ];
}

function rewriteUse(work: Work, use: Use): void {
  const { tree } = use;
  const { draft, map } = work;
  if (!isReachedByName(use))
    throw new CannotFix(
      `${map.name} is reached through a call at ${place(tree, use.ref)}; take the result into a variable first.`,
    );
  switch (use.kind) {
    case "declare":
    case "literal":
    case "assign":
      return;
    case "compare":
      if (lazyMaking(use) !== null) return;
      break;
    case "update":
    case "store":
      rewriteCount(work, use);
      return;
    case "load": {
      const index = use.node as IndexExpr;
      draft.replace(
        tree.file,
        startOf(tree, index),
        startOf(tree, index.indices[0]!),
        `${work.countFunc}(&${textOf(tree, index.x)}, `,
      );
      draft.replace(tree.file, endOf(tree, index.indices[0]!), endOf(tree, index), ")");
      return;
    }
    case "range":
      rewriteRange(work, use);
      return;
    case "return":
      returnCopy(work, use);
      return;
    default:
      break;
  }
  throw new CannotFix(`${map.name} is not only counted: see ${place(tree, use.ref)}; use a lock.`);
}

function rewriteCount(work: Work, use: Use): void {
  const { tree } = use;
  const index = use.node as IndexExpr;
  const statement = tree.parents.get(index);
  const call = (method: string): void => {
    work.draft.replace(
      tree.file,
      startOf(tree, index),
      startOf(tree, index.indices[0]!),
      `${work.counterFunc}(&${textOf(tree, index.x)}, `,
    );
    work.draft.replace(tree.file, endOf(tree, index.indices[0]!), endOf(tree, index), `).${method}`);
  };
  const unsigned = work.counter.startsWith("U");
  if (statement?.kind === "IncDecStmt" && !(unsigned && statement.op === "--")) {
    call(`Add(${(statement as IncDecStmt).op === "++" ? "1" : "-1"})`);
    work.draft.replace(tree.file, endOf(tree, index), endOf(tree, statement), "");
    return;
  }
  if (statement?.kind === "AssignStmt" && statement.lhs.length === 1 && statement.lhs[0] === index) {
    const methods: Record<string, string> = {
      "=": "Store(",
      "+=": "Add(",
      ...(unsigned ? {} : { "-=": "Add(-" }),
    };
    const method = methods[statement.op];
    const value = statement.rhs[0]!;
    if (method !== undefined) {
      const text = toCounter(work, tree, value, method.endsWith("-"));
      call("");
      work.draft.replace(tree.file, endOf(tree, index), startOf(tree, value), method);
      work.draft.replace(tree.file, startOf(tree, value), endOf(tree, value), `${text})`);
      return;
    }
  }
  throw new CannotFix(
    `The counter at ${place(tree, use.ref)} is neither counted up, counted down nor set; use a lock.`,
  );
}

/** An operand in the type that the counter's methods take. */
function toCounter(work: Work, tree: DeclTree, value: Expr, negated: boolean): string {
  const text = textOf(tree, value);
  const isPlain =
    (work.elem.kind === "basic" && work.elem.name === work.operand && !negated) || /^\d+$/.test(text);
  return isPlain ? text : `${work.operand}(${text})`;
}

function fromCounter(work: Work, tree: DeclTree, loaded: string): string {
  return work.elem.kind === "basic" && work.elem.name === work.operand
    ? loaded
    : `${spelled(work, tree, work.elem)}(${loaded})`;
}

function countOf(work: Work, tree: DeclTree, value: string): string {
  const atomic = work.draft.importName(tree.file, "sync/atomic", "atomic");
  return fromCounter(work, tree, `${value}.(*${atomic}.${work.counter}).Load()`);
}

function rewriteRange(work: Work, use: Use): void {
  const { tree } = use;
  const loop = use.node as RangeStmt;
  const names = identifiersIn(tree);
  const key = freshName(["key", "k"], names);
  const value = freshName(["value", "v", "counter"], names);
  const variable = (e: Expr | null, text: string): { name: string; value: string } | null =>
    e === null || textOf(tree, e) === "_" ? null : { name: textOf(tree, e), value: text };
  rangeOverSyncMap(tree, loop, work.draft, textOf(tree, loop.x), {
    key:
      loop.key === null
        ? null
        : { param: key, variable: variable(loop.key, `${key}.(${spelled(work, tree, work.key)})`) },
    value:
      loop.value === null
        ? null
        : { param: value, variable: variable(loop.value, countOf(work, tree, value)) },
  });
}

/** Who asks for the map gets the counts of this moment. */
function returnCopy(work: Work, use: Use): void {
  const { tree } = use;
  const statement = use.node as Node;
  if (listOwnerOf(tree, statement) === null)
    throw new CannotFix(`Give the return at ${place(tree, statement)} a line of its own first.`);
  const names = identifiersIn(tree);
  const totals = freshName(["totals", "snapshot", "copied"], names);
  const key = freshName(["key", "k"], names);
  const value = freshName(["value", "v", "counter"], names);
  const keyType = spelled(work, tree, work.key);
  work.draft.before(tree, statement as Stmt, [
    `${totals} := make(map[${keyType}]${spelled(work, tree, work.elem)})`,
    `${textOf(tree, use.ref)}.Range(func(${key}, ${value} ${emptyInterface(tree.pkg)}) bool {`,
    `\t${totals}[${key}.(${keyType})] = ${countOf(work, tree, value)}`,
    "\treturn true",
    "})",
  ]);
  work.draft.replace(tree.file, startOf(tree, use.ref), endOf(tree, use.ref), totals);
}

function spelled(work: Work, tree: DeclTree, type: Type): string {
  const text =
    type.kind === "typeparam"
      ? null
      : spellType(type, work.map.pkg!, (path, name) => work.draft.importName(tree.file, path, name));
  if (text === null)
    throw new CannotFix(
      `The type of ${work.map.name} cannot be spelt in ${tree.file.path}; give it a named type first.`,
    );
  return text;
}
