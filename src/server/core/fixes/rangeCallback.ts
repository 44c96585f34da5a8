/**
 * A loop over a map as a call of `Range` with a function literal.
 *
 * Refuses loops that leave the function or name an outer loop: a literal cannot do that for its caller.
 */
import type { RangeStmt } from "../syntax/ast.ts";
import type { Draft } from "./draft.ts";
import { CannotFix } from "./refusal.ts";
import { emptyInterface } from "./spell.ts";
import { type DeclTree, endOf, startOf, textOf, walk } from "./tree.ts";
import { place } from "./uses.ts";

/** A parameter of the literal, and the loop's variable that is set from it. */
export interface CallbackParam {
  readonly param: string;
  readonly variable: { readonly name: string; readonly value: string } | null;
}

/** Rewrites the loop as `Range` of the sync.Map `on`, whose callback takes its arguments as empty interfaces. */
export function rangeOverSyncMap(
  tree: DeclTree,
  loop: RangeStmt,
  draft: Draft,
  on: string,
  params: { readonly key: CallbackParam | null; readonly value: CallbackParam | null },
): void {
  const used = [params.key, params.value].map((p) => (p?.variable ? p.param : "_"));
  const variables = [params.key, params.value].flatMap((p) => (p?.variable ? [p.variable] : []));
  const line = `${variables.map((v) => v.name).join(", ")} := ${variables.map((v) => v.value).join(", ")}`;
  rangeAsCallback(
    tree,
    loop,
    draft,
    `${on}.Range(func(${used.join(", ")} ${emptyInterface(tree.pkg)}) bool `,
    variables.length === 0 ? [] : [line],
  );
}

/** Rewrites the loop as a call whose last argument is a function literal; `head` is all in front of its body. */
export function rangeAsCallback(
  tree: DeclTree,
  loop: RangeStmt,
  draft: Draft,
  head: string,
  firstLines: readonly string[],
): void {
  const { file } = tree;
  if ((loop.key !== null && !loop.define) || tree.parents.get(loop)?.kind === "LabeledStmt") {
    throw new CannotFix(
      `The loop at ${place(tree, loop)} assigns outer variables or has a label; rewrite it by hand.`,
    );
  }
  if (!textOf(tree, loop.body).includes("\n"))
    throw new CannotFix(`The loop at ${place(tree, loop)} is written in one line; run gofmt first.`);
  walk(loop.body, (n) => {
    if (n.kind === "FuncLit") return false;
    if (
      n.kind === "ReturnStmt" ||
      n.kind === "DeferStmt" ||
      (n.kind === "BranchStmt" && (n.label !== null || n.branch === "goto"))
    ) {
      throw new CannotFix(
        `The loop over the map leaves its function at ${place(tree, n)}, which a callback of Range cannot; use a lock.`,
      );
    }
    if (n.kind === "BranchStmt" && targets(tree, n, loop)) {
      draft.replace(
        file,
        startOf(tree, n),
        endOf(tree, n),
        n.branch === "break" ? "return false" : "return true",
      );
    }
    return undefined;
  });
  draft.replace(file, startOf(tree, loop), startOf(tree, loop.body), head);
  if (firstLines.length > 0) draft.atStartOf(tree, loop.body, firstLines);
  const close = endOf(tree, loop.body) - 1;
  draft.replace(file, close, close + 1, `\treturn true${draft.eolOf(file)}${draft.indentOf(tree, loop)}})`);
}

function targets(
  tree: DeclTree,
  branch: { readonly kind: "BranchStmt"; readonly branch: string } & RangeStmt["body"]["list"][number],
  loop: RangeStmt,
): boolean {
  if (branch.branch === "fallthrough") return false;
  for (let n = tree.parents.get(branch); n !== undefined; n = tree.parents.get(n)) {
    if (n === loop) return true;
    if (n.kind === "ForStmt" || n.kind === "RangeStmt") return false;
    if (branch.branch === "break" && /^(SwitchStmt|TypeSwitchStmt|SelectStmt)$/.test(n.kind)) return false;
  }
  return false;
}
