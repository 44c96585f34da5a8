/** Facts about functions are let go when nobody holds them, and come out alike when they are asked for again. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { Decl, FuncDecl, Ident } from "../../src/server/core/syntax/ast.ts";
import type { Info, Package, Var } from "../../src/server/core/types/types.ts";
import { dumpFacts, dumpFile } from "./dump.ts";
import { programFrom } from "./program.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** More functions than are kept for nobody. */
const MANY = 400;

const WATCHED = `func watched(m map[string]int) {
	kept := map[string]int{"a": 1}
	type local struct{ n int }
	add := func(k string) { kept[k] += m[k] + local{n: 2}.n }
	add("b")
}
`;

/** More functions than what is kept for nobody is about. */
function others(): string {
  const body = Array.from({ length: 20 }, (_, i) => `\tx${i} := m["k${i}"] + ${i}\n\t_ = x${i}\n`).join("");
  return Array.from({ length: MANY }, (_, i) => `func other${i}(m map[string]int) {\n${body}}\n`).join("\n");
}

const DATA = Array.from({ length: 300 }, (_, i) => `0x${i.toString(16)}`).join(", ");

/** Long declarations of variables: without and with objects of their own in their values, and a cycle. */
const VARIABLES = `var data = []byte{${DATA}}

var (
	declared map[string][]int = map[string][]int{"a": {${DATA}}}
	first, second = two()
	apart, each   = len(first), [...]int{${DATA}}
	_, extra      = 1, 2, 3
	_             = Pair[int, string]{one: 1, other: "b"}
)

var (
	early         = []int{len(late), ${DATA}}
	late          = []int{len(early), len(late)}
)

var (
	call          = func(key string) (n int) { local := declared[key]; return len(local) }
	fields        = []struct{ name string; by map[string]int }{{name: "a", by: map[string]int{"b": 1}}}
	more          = []int{${DATA}}
)

type Pair[A, B any] struct { one A; other B }

func two() (map[string]int, error) { return nil, nil }
`;

async function open(): Promise<{ pkg: Package; watched: FuncDecl }> {
  const pkg = (await programFrom({ "/p/a.go": `package p\n\n${WATCHED}\n${others()}` })).packages[0]!;
  return { pkg, watched: pkg.files[0]!.decls[0] as FuncDecl };
}

/** Asks about everything else, and collects what is held by nobody. */
async function useOthers(pkg: Package): Promise<void> {
  for (const decl of pkg.files[0]!.decls)
    if (decl.kind === "FuncDecl" && decl.name.name.startsWith("other")) pkg.info(decl);
  await new Promise((done) => setImmediate(done)); // until then nothing that was looked at goes
  gc();
}

/** The variable that a function's first statement declares, and its name in the tree. */
function firstLocal(watched: FuncDecl, info: Info): { name: Ident; variable: Var } {
  const first = watched.body?.list[0];
  const name = first?.kind === "AssignStmt" ? first.lhs[0] : null;
  if (name?.kind !== "Ident") throw new Error("The function begins with another statement.");
  return { name, variable: info.objectOf(name) as Var };
}

describe("facts that nobody holds", () => {
  it("are let go", async () => {
    const { pkg, watched } = await open();
    const facts = new WeakRef(pkg.info(watched));
    const body = new WeakRef(watched.body!);
    await useOthers(pkg);
    expect(facts.deref()).toBeUndefined();
    expect(body.deref()).toBeUndefined();
  });

  it("come out alike again", async () => {
    const { pkg } = await open();
    const file = pkg.files[0]!;
    const dumped = () => ({ tree: dumpFile(file), facts: dumpFacts(pkg) });
    const before = dumped();
    await useOthers(pkg);
    expect(dumped()).toEqual(before);
  });
});

describe("facts about long declarations of variables", () => {
  it("are let go, with their tree, and come out alike again", async () => {
    const pkg = (await programFrom({ "/p/a.go": `package p\n\n${VARIABLES}\n${others()}` })).packages[0]!;
    const [data, group] = pkg.files[0]!.decls as readonly Decl[];
    const all = () => ({ tree: dumpFile(pkg.files[0]!), facts: dumpFacts(pkg) });
    const before = all();
    const type = pkg.lookup("call")!.type();
    const facts = [data!, group!].map((decl) => new WeakRef(pkg.info(decl)));
    const tree = new WeakRef(data!.kind === "VarDecl" ? data!.specs : []);
    await useOthers(pkg);
    expect(facts.map((known) => known.deref())).toEqual([undefined, undefined]);
    expect(tree.deref()).toBeUndefined();
    expect(all()).toEqual(before);
    expect(pkg.lookup("call")!.type()).toBe(type);
  });

  it("stay while somebody holds an object that stands in them", async () => {
    const pkg = (await programFrom({ "/p/a.go": `package p\n\n${VARIABLES}` })).packages[0]!;
    const decl = pkg.files[0]!.decls[3]!;
    const type = pkg.lookup("call")!.type();
    const parameter = type.kind === "signature" ? type.params.vars[0]! : null;
    await new Promise((done) => setImmediate(done));
    gc();
    const spec = decl.kind === "VarDecl" ? decl.specs[0]! : null;
    const literal = spec?.values[0];
    const key = literal?.kind === "FuncLit" ? literal.type.params.fields[0]!.names[0]! : null;
    expect(key?.name).toBe("key");
    expect(pkg.info(decl).objectOf(key!)).toBe(parameter);
    expect(parameter?.at?.ident).toBe(key);
  });
});

describe("whoever holds a local variable", () => {
  it("gets the same one again, in the same tree", async () => {
    const { pkg, watched } = await open();
    const { name, variable } = firstLocal(watched, pkg.info(watched));
    await useOthers(pkg);
    const again = firstLocal(watched, pkg.info(watched));
    expect(again.variable).toBe(variable);
    expect(again.name).toBe(name);
    expect(variable.at?.ident).toBe(name);
  });

  it("gets it from facts, too, that were handed out before and not looked at until now", async () => {
    for (const isEarlyFirst of [true, false]) {
      const { pkg, watched } = await open();
      const early = pkg.info(watched);
      await useOthers(pkg);
      const seen = [early, pkg.info(watched)];
      if (!isEarlyFirst) seen.reverse();
      const [first, second] = seen.map((info) => firstLocal(watched, info));
      expect(second!.variable).toBe(first!.variable);
      expect(second!.name).toBe(first!.name);
      expect(first!.variable.at?.ident).toBe(first!.name);
    }
  });

  it("gets it through a type that it is part of", async () => {
    const { pkg, watched } = await open();
    const third = watched.body!.list[2]!;
    const add = third.kind === "AssignStmt" ? third.rhs[0]! : null;
    const type = pkg.info(watched).typeOf(add!);
    const parameter = type.kind === "signature" ? type.params.vars[0]! : null;
    await useOthers(pkg);
    const literal = watched.body!.list[2]!;
    expect(literal).toBe(third);
    expect(parameter?.at?.decl).toBe(watched);
  });
});

describe("the head of a function", () => {
  it("is let go, and read again with the names that its parameters are known by", async () => {
    const heads = `type T[K comparable] struct{}

func plain[N any](m map[string]N, k, l string) (n int, err error) { return 0, nil }

func (t T[K]) method(by func(key K) bool, s struct{ at int }, i interface{ Do(x int) }) {}
`;
    const pkg = (await programFrom({ "/p/a.go": `package p\n\n${heads}` })).packages[0]!;
    const [, plain, method] = pkg.files[0]!.decls as readonly [unknown, FuncDecl, FuncDecl];
    const read = [plain, method].map((decl) => {
      const info = pkg.info(decl);
      return declaredIn(decl).map((name) => ({ name, declared: info.objectOf(name)?.at?.ident }));
    });
    const head = new WeakRef(plain.type);
    await new Promise((done) => setImmediate(done));
    gc();
    expect(head.deref()).toBeUndefined();
    expect(read.map((names) => names.map(({ name }) => name.name).join(" "))).toEqual([
      "N m k l n err",
      "t K by key s at i Do x",
    ]);
    for (const [i, decl] of [plain, method].entries()) {
      for (const [j, name] of declaredIn(decl).entries()) {
        expect(name).toBe(read[i]![j]!.name);
        expect(read[i]![j]!.declared).toBe(name);
      }
    }
  });
});

/** The names that a head declares, in their order in the text. */
function declaredIn(decl: FuncDecl): Ident[] {
  const wanted = new Set(["N", "m", "k", "l", "n", "err", "t", "K", "by", "key", "s", "at", "i", "Do", "x"]);
  const found = new Map<string, Ident>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if ("kind" in node && node.kind === "Ident" && wanted.has((node as Ident).name)) {
      const name = (node as Ident).name;
      if (!found.has(name)) found.set(name, node as Ident);
    }
    for (const value of Object.values(node)) walk(value);
  };
  walk([decl.recv, decl.type.typeParams, decl.type.params, decl.type.results]);
  return [...found.values()].sort((a, b) => a.pos - b.pos);
}
