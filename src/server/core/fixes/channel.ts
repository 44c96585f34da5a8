/**
 * The `channel` Fix: one goroutine owns the map, and all others send it what to do.
 *
 * For package variables, whose owner may live as long as the program; an owner in a struct would have to be
 * stopped by somebody. How uses become methods is `typedMethods.ts`.
 */
import type { Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import type { Question } from "./question.ts";
import { CannotFix } from "./refusal.ts";
import { type Method, rewriteToMethods, type TypedMap } from "./typedMethods.ts";
import { freshName, identifiersOf, type Use } from "./uses.ts";

/** Writes the Fix into the draft. Throws {@link CannotFix}. */
export function rewriteToOwner(question: Question, map: Var, uses: readonly Use[], draft: Draft): void {
  if (map.role !== "package") {
    throw new CannotFix(
      `${map.name} is no package variable, so a goroutine that owns it would have to be stopped by somebody; use a lock.`,
    );
  }
  const type = freshName([`${map.name}Owner`, `${map.name}Worker`], identifiersOf(map.pkg!));
  const typed = rewriteToMethods(question, map, uses, draft, type, "that one goroutine owns");
  const sync = draft.importName(typed.tree.file, "sync", "sync");
  draft.afterDeclaration(typed.tree, ownerType(typed, type, sync));
}

/** The type of the owner with the methods that are used. */
function ownerType(typed: TypedMap, type: string, sync: string): string[] {
  const { key, elem } = typed;
  const mapType = `map[${key}]${elem}`;
  const method = (name: Method, comment: string, signature: string, body: readonly string[]): string[] =>
    typed.used.has(name)
      ? [
          "",
          `// ${name} ${comment}`,
          `func (o *${type}) ${name}${signature} {`,
          ...body.map((line) => `\t${line}`),
          "}",
        ]
      : [];
  const on = (statement: string): string => `o.do(func(m ${mapType}) { ${statement} })`;
  return [
    `// ${type} is a map that one goroutine owns; the others send it what to do.`,
    `type ${type} struct {`,
    `\tstart    ${sync}.Once`,
    `\trequests chan func(${mapType})`,
    "}",
    "",
    "// do runs f on the owner's goroutine, which is started by the first call, and waits until it is done.",
    `func (o *${type}) do(f func(${mapType})) {`,
    "\to.start.Do(func() {",
    `\t\to.requests = make(chan func(${mapType}))`,
    "\t\tgo func() {",
    `\t\t\tm := make(${mapType})`,
    "\t\t\tfor request := range o.requests {",
    "\t\t\t\trequest(m)",
    "\t\t\t}",
    "\t\t}()",
    "\t})",
    "\tdone := make(chan struct{})",
    `\to.requests <- func(m ${mapType}) {`,
    "\t\tdefer close(done)",
    "\t\tf(m)",
    "\t}",
    "\t<-done",
    "}",
    ...method(
      "get",
      "returns the element of a key and whether there is one.",
      `(key ${key}) (v ${elem}, ok bool)`,
      [on("v, ok = m[key]"), "return v, ok"],
    ),
    ...method(
      "value",
      "returns the element of a key, the zero value where there is none.",
      `(key ${key}) (v ${elem})`,
      [on("v = m[key]"), "return v"],
    ),
    ...method("set", "stores an element.", `(key ${key}, v ${elem})`, [on("m[key] = v")]),
    ...method("remove", "takes an element out.", `(key ${key})`, [on("delete(m, key)")]),
    ...method(
      "update",
      "replaces an element by what change makes of it, in one step.",
      `(key ${key}, change func(${elem}) ${elem})`,
      [on("m[key] = change(m[key])")],
    ),
    ...method("size", "counts the elements.", "() (n int)", [on("n = len(m)"), "return n"]),
    ...method(
      "each",
      "calls do for all elements until it returns false. It must not use the map.",
      `(do func(key ${key}, v ${elem}) bool)`,
      [
        `o.do(func(m ${mapType}) {`,
        "\tfor key, v := range m {",
        "\t\tif !do(key, v) {",
        "\t\t\treturn",
        "\t\t}",
        "\t}",
        "})",
      ],
    ),
  ];
}
