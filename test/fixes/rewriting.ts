/** Makes Fixes in Go packages on disk, for tests: finds a map by its name and gives back whole files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FixKind } from "../../src/server/core/finding.ts";
import { fixKinds, makeFix } from "../../src/server/core/fixes/fixes.ts";
import type { FuncDecl, Node } from "../../src/server/core/syntax/ast.ts";
import { createParser, type GoParser } from "../../src/server/core/syntax/parser.ts";
import { createProgram } from "../../src/server/core/types/program.ts";
import type { Package, Program, ProgramSource, Var } from "../../src/server/core/types/types.ts";
import { Workspace } from "../../src/server/workspace/workspace.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

let parser: Promise<GoParser> | undefined;

async function goParser(): Promise<GoParser> {
  parser ??= createParser({
    runtime: readFileSync(join(MODULES, "web-tree-sitter/web-tree-sitter.wasm")),
    go: readFileSync(join(MODULES, "tree-sitter-go/tree-sitter-go.wasm")),
  });
  return parser;
}

/** The program of the module in a folder. */
export async function programIn(folder: string): Promise<Program> {
  const source = new Workspace({ folders: [folder], trusted: false, variables: process.env }).programs()[0];
  if (source === undefined) throw new Error(`${folder} holds no Go module.`);
  return createProgram(await goParser(), source.source as ProgramSource);
}

/** A map by its name: "sessions", "Store.items" for a field, "countLevels/counts" for a local. */
export function mapNamed(pkg: Package, name: string): Var {
  const [owner, field] = name.split(".");
  if (field !== undefined) {
    const type = pkg.lookup(owner!)?.type();
    const struct = type?.kind === "named" ? type.underlying() : null;
    const found = struct?.kind === "struct" ? struct.fields.find((f) => f.name === field) : undefined;
    if (found !== undefined) return found;
  } else if (name.includes("/")) {
    const [func, local] = name.split("/");
    const found = localOf(pkg, func!, local!);
    if (found !== null) return found;
  } else {
    const found = pkg.lookup(name);
    if (found?.kind === "var") return found;
  }
  throw new Error(`Package ${pkg.path} has no map ${name}.`);
}

function localOf(pkg: Package, func: string, local: string): Var | null {
  for (const file of pkg.files) {
    for (const decl of file.decls) {
      if (decl.kind !== "FuncDecl" || decl.name.name !== func) continue;
      const info = pkg.info(decl);
      const search = (value: unknown): Var | null => {
        if (Array.isArray(value)) {
          for (const v of value) {
            const found = search(v);
            if (found !== null) return found;
          }
          return null;
        }
        if (typeof value !== "object" || value === null || !("kind" in value)) return null;
        const node = value as Node;
        if (node.kind === "Ident") {
          const obj = node.name === local ? info.objectOf(node) : null;
          return obj?.kind === "var" ? obj : null;
        }
        return search(Object.values(node));
      };
      const found = search((decl as FuncDecl).body);
      if (found !== null) return found;
    }
  }
  return null;
}

/** The kinds of Fix that can be made for a map. */
export function kindsFor(program: Program, map: Var): readonly FixKind[] {
  return fixKinds(program, { code: "unsynchronized-map", map: { variable: map, depth: 0 } });
}

/** The files that a Fix changes, whole, by path; or why it is refused. */
export function rewritten(program: Program, map: Var, kind: FixKind): Map<string, string> | string {
  const fix = makeFix(program, { code: "unsynchronized-map", map: { variable: map, depth: 0 } }, kind);
  if ("refused" in fix) return fix.refused;
  return new Map(
    fix.map(({ path, edits }) => {
      let text = program.packages.flatMap((p) => p.files).find((f) => f.path === path)!.text;
      for (const { pos, end, text: insert } of [...edits].reverse()) {
        text = text.slice(0, pos) + insert + text.slice(end);
      }
      return [path, text];
    }),
  );
}
