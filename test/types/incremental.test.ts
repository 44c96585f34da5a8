/** After any edit the answers are those of a fresh start, and nothing is done twice that need not be. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFile } from "../../src/server/core/syntax/parse.ts";
import { dumpFacts, dumpFile } from "./dump.ts";
import { testParser } from "./parser.ts";
import { programAfter, programFrom } from "./program.ts";

const A = `package p

import "strings"

// Shared is used by both files.
type Shared[K comparable, V any] struct {
	mu sync
	m  map[K]V
}

type sync struct{ held bool }

func (s *sync) Lock()   { s.held = true }
func (s *sync) Unlock() { s.held = false }

const (
	first = iota * 2
	second
)

var names, count = []string{"a", "b 😀"}, second

func (s *Shared[K, V]) Get(k K) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok = s.m[k]
	return
}

func main() {
	s := &Shared[string, int]{m: map[string]int{}}
	for i, n := range names {
		go func() { s.m[strings.ToUpper(n)] += i }()
	}
	switch x := any(s).(type) {
	case nil:
	case *Shared[string, int]:
		_, _ = x.Get("k")
	}
outer:
	for range 3 {
		break outer
	}
	_ = \`raw
func notAFunction() {
\`
}
`;
const B = `package p

func helper(s *Shared[string, int]) int {
	if v, ok := s.Get("x"); ok {
		return v + first
	}
	return count
}
`;

/** An edit: from, how many characters go, what comes instead. */
const edit = fc.record({
  at: fc.nat(A.length),
  remove: fc.oneof(fc.nat(3), fc.nat(200)),
  insert: fc.oneof(
    fc.constantFrom(
      "",
      "{",
      "}",
      "(",
      ")",
      "`",
      '"',
      "/*",
      "*/",
      "//",
      "\n",
      "\nfunc f() {\n",
      "x",
      ".",
      " := ",
      "[",
      "]",
    ),
    fc.string({ maxLength: 6 }),
    fc.string({ unit: "binary", maxLength: 3 }),
  ),
});

function apply(text: string, e: { at: number; remove: number; insert: string }): string {
  const at = Math.min(e.at, text.length);
  return text.slice(0, at) + e.insert + text.slice(at + e.remove);
}

describe("parsing after an edit", () => {
  it("gives the tree of a fresh parse, and never throws", async () => {
    const go = await testParser();
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        let text = A;
        let file = parseFile(go, "/p/a.go", text);
        for (const e of edits) {
          text = apply(text, e);
          file = parseFile(go, "/p/a.go", text, { previous: file });
        }
        expect(dumpFile(file)).toEqual(dumpFile(parseFile(go, "/p/a.go", text)));
        expect(file.errors).toEqual(parseFile(go, "/p/a.go", text).errors);
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  it("keeps declarations that did not change", async () => {
    const go = await testParser();
    const before = parseFile(go, "/p/a.go", A);
    const after = parseFile(go, "/p/a.go", A.replace("s.mu.Lock()", "s.mu.Lock(); _ = 1"), {
      previous: before,
    });
    const changed = after.decls.filter((d) => !before.decls.includes(d));
    expect(changed.map((d) => (d.kind === "FuncDecl" ? d.name.name : d.kind))).toEqual(["Get"]);
  });
});

describe("facts after an edit", () => {
  it("are those of a fresh program", async () => {
    let sources = { "/p/a.go": A, "/p/b.go": B };
    let program = await programFrom(sources);
    for (const pkg of program.packages) dumpFacts(pkg);
    await fc.assert(
      fc.asyncProperty(edit, fc.boolean(), async (e, second) => {
        const path = second ? "/p/b.go" : "/p/a.go";
        sources = { "/p/a.go": A, "/p/b.go": B, [path]: apply(second ? B : A, e) };
        program = programAfter(program, sources);
        const fresh = await programFrom(sources);
        expect(program.packages.map(dumpFacts)).toEqual(fresh.packages.map(dumpFacts));
      }),
      { numRuns: 50 },
    );
  }, 120_000);

  it("are kept for functions that did not change", async () => {
    const before = { "/p/a.go": A, "/p/b.go": B };
    let program = await programFrom(before);
    const infos = (): Map<string, unknown> => {
      const out = new Map<string, unknown>();
      for (const pkg of program.packages) {
        for (const file of pkg.files) {
          for (const d of file.decls) if (d.kind === "FuncDecl") out.set(d.name.name, pkg.info(d));
        }
      }
      return out;
    };
    const then = infos();
    program = programAfter(program, { ...before, "/p/a.go": A.replace("break outer", "continue outer") });
    const now = infos();
    const changed = [...now].filter(([name, info]) => then.get(name) !== info).map(([name]) => name);
    expect(changed).toEqual(["main"]);
  });

  it("are kept when a function comes or goes that nobody has named", async () => {
    const use = "package q\n\nfunc caller() int { return later() }\n\nfunc other() {}\n";
    const own = "package q\n\nfunc unused() {}\n";
    let program = await programFrom({ "/q/a.go": use, "/q/b.go": own });
    const infoOf = (name: string): unknown => {
      const pkg = program.packages[0]!;
      const obj = pkg.lookup(name);
      return obj?.kind === "func" && obj.func !== null ? pkg.info(obj.func) : null;
    };
    const before = [infoOf("caller"), infoOf("other")];
    program = programAfter(program, { "/q/a.go": use, "/q/b.go": "package q\n\nfunc fresh() {}\n" });
    expect([infoOf("caller"), infoOf("other")]).toEqual(before);
    expect(infoOf("caller") === before[0] && infoOf("other") === before[1]).toBe(true);
    expect([infoOf("unused"), infoOf("fresh") === null]).toEqual([null, false]);
    // A function that was looked for in vain is another matter.
    program = programAfter(program, {
      "/q/a.go": use,
      "/q/b.go": "package q\n\nfunc later() int { return 1 }\n",
    });
    expect(infoOf("caller") === before[0]).toBe(false);
    const fresh = await programFrom({
      "/q/a.go": use,
      "/q/b.go": "package q\n\nfunc later() int { return 1 }\n",
    });
    expect(program.packages.map(dumpFacts)).toEqual(fresh.packages.map(dumpFacts));
  });

  it("reach other packages when a signature changes", async () => {
    const sources = {
      "/x/lib/l.go": "package lib\n\nfunc F() int { return 1 }\n",
      "/x/use/u.go": 'package use\n\nimport "x/lib"\n\nvar V = lib.F()\n',
    };
    let program = await programFrom(sources);
    const typeOfV = (): string => {
      const pkg = program.packages.find((p) => p.path === "x/use")!;
      const t = pkg.lookup("V")!.type();
      return t.kind === "basic" ? t.name : t.kind;
    };
    expect(typeOfV()).toBe("int");
    program = programAfter(program, {
      ...sources,
      "/x/lib/l.go": 'package lib\n\nfunc F() string { return "" }\n',
    });
    expect(typeOfV()).toBe("string");
    program = programAfter(program, { "/x/use/u.go": sources["/x/use/u.go"] });
    expect(typeOfV()).toBe("unknown");
    program = programAfter(program, sources);
    expect(typeOfV()).toBe("int");
  });
});
