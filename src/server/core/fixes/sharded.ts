/**
 * The `sharded` Fix: the map in parts, each under a lock of its own.
 *
 * For maps that many goroutines write under different keys. How uses become methods is `typedMethods.ts`.
 */
import type { Type, Var } from "../types/types.ts";
import type { Draft } from "./draft.ts";
import type { Question } from "./question.ts";
import { CannotFix } from "./refusal.ts";
import { underlyingOf } from "./spell.ts";
import { type Method, rewriteToMethods, type TypedMap } from "./typedMethods.ts";
import { freshName, identifiersOf, mapTypeOf, type Use } from "./uses.ts";

/** Writes the Fix into the draft. Throws {@link CannotFix}. */
export function rewriteToShards(question: Question, map: Var, uses: readonly Use[], draft: Draft): void {
  if (map.role !== "package" && map.role !== "field") {
    throw new CannotFix(`${map.name} is local, which one lock is enough for.`);
  }
  const hash = hashOf(mapTypeOf(map)!.key);
  if (hash === null) {
    throw new CannotFix(
      `The keys of ${map.name} are neither strings nor integers, so they cannot be spread over parts; use one lock.`,
    );
  }
  const type = freshName([`${map.name}Shards`, `${map.name}Parts`], identifiersOf(map.pkg!));
  const typed = rewriteToMethods(question, map, uses, draft, type, "in parts");
  const sync = draft.importName(typed.tree.file, "sync", "sync");
  draft.afterDeclaration(typed.tree, shardsType(typed, hash, type, sync));
}

/** How a key is spread over the parts: a computation that the `part` method starts with. */
function hashOf(key: Type): readonly string[] | null {
  const basic = underlyingOf(key);
  if (basic.kind !== "basic") return null;
  if (basic.name === "string") {
    return [
      "h := uint32(2166136261)",
      "for i := 0; i < len(key); i++ {",
      "\th = (h ^ uint32(key[i])) * 16777619",
      "}",
    ];
  }
  return /^u?int(8|16|32|64)?$|^(byte|rune)$/.test(basic.name)
    ? ["h := uint32(uint64(key) * 0x9E3779B97F4A7C15 >> 32)"]
    : null;
}

/** The type of the parts with the methods that are used. */
function shardsType(typed: TypedMap, hash: readonly string[], type: string, sync: string): string[] {
  const { key, elem } = typed;
  const method = (name: Method, comment: string, signature: string, body: readonly string[]): string[] =>
    typed.used.has(name)
      ? [
          "",
          `// ${name} ${comment}`,
          `func (s *${type}) ${name}${signature} {`,
          ...body.map((l) => `\t${l}`),
          "}",
        ]
      : [];
  const onPart = (lock: "Lock" | "RLock"): string[] => [
    "p := s.part(key)",
    `p.mu.${lock}()`,
    `defer p.mu.${lock === "Lock" ? "Unlock" : "RUnlock"}()`,
  ];
  const overParts = (inner: readonly string[]): string[] => [
    "for i := range s.parts {",
    "\tp := &s.parts[i]",
    "\tp.mu.RLock()",
    ...inner.map((l) => `\t${l}`),
    "\tp.mu.RUnlock()",
    "}",
  ];
  const writes = ["if p.m == nil {", `\tp.m = make(map[${key}]${elem})`, "}"];
  return [
    `// ${type} is a map in parts, each with a lock of its own, so that goroutines with different keys seldom wait.`,
    `type ${type} struct {`,
    `\tparts [32]${type}Part`,
    "}",
    "",
    `type ${type}Part struct {`,
    `\tmu ${sync}.RWMutex`,
    `\tm  map[${key}]${elem} // guarded by mu`,
    "}",
    "",
    "// part returns the part that a key belongs to.",
    `func (s *${type}) part(key ${key}) *${type}Part {`,
    ...hash.map((l) => `\t${l}`),
    "\treturn &s.parts[h%uint32(len(s.parts))]",
    "}",
    ...method(
      "get",
      "returns the element of a key and whether there is one.",
      `(key ${key}) (${elem}, bool)`,
      [...onPart("RLock"), "v, ok := p.m[key]", "return v, ok"],
    ),
    ...method(
      "value",
      "returns the element of a key, the zero value where there is none.",
      `(key ${key}) ${elem}`,
      [...onPart("RLock"), "return p.m[key]"],
    ),
    ...method("set", "stores an element.", `(key ${key}, v ${elem})`, [
      ...onPart("Lock"),
      ...writes,
      "p.m[key] = v",
    ]),
    ...method("remove", "takes an element out.", `(key ${key})`, [...onPart("Lock"), "delete(p.m, key)"]),
    ...method(
      "update",
      "replaces an element by what change makes of it, in one step.",
      `(key ${key}, change func(${elem}) ${elem})`,
      [...onPart("Lock"), ...writes, "p.m[key] = change(p.m[key])"],
    ),
    ...method("size", "counts all elements, part by part.", "() int", [
      "n := 0",
      ...overParts(["n += len(p.m)"]),
      "return n",
    ]),
    ...method(
      "each",
      "calls do for all elements, part by part, until it returns false. It must not use the map.",
      `(do func(key ${key}, v ${elem}) bool)`,
      overParts([
        "for key, v := range p.m {",
        "\tif !do(key, v) {",
        "\t\tp.mu.RUnlock()",
        "\t\treturn",
        "\t}",
        "}",
      ]),
    ),
  ];
}
