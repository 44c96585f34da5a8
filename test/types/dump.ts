/** A file's tree and a program's facts as plain data, for tests that compare two ways of getting them. */
import type { Decl, SourceFile } from "../../src/server/core/syntax/ast.ts";
import type { Obj, Package } from "../../src/server/core/types/types.ts";
import { typeString } from "../../src/server/core/types/typestring.ts";
import { walk } from "./walk.ts";

/** The tree of a file, parts that are read on demand included. */
export function dumpFile(file: SourceFile): unknown {
  return {
    packageName: file.packageName,
    comments: file.comments,
    decls: file.decls.map((d) => ({ start: file.startOf(d), tree: dumpDecl(d) })),
  };
}

function dumpDecl(d: Decl): unknown {
  if (d.kind !== "FuncDecl") return d;
  const { kind, pos, end, id, recv, receiverName, name, type, body, idCount } = d;
  return { kind, pos, end, id, recv, receiverName, name, type, body, idCount };
}

/** What a package says about every node of its files, in words. */
export function dumpFacts(pkg: Package): string[] {
  const out: string[] = [];
  for (const file of pkg.files) {
    for (const decl of file.decls) {
      const info = pkg.info(decl);
      const start = file.startOf(decl);
      walk(decl, (n) => {
        const at = `${file.path}:${start + n.pos}-${start + n.end} ${n.kind}`;
        if (n.kind === "Ident") {
          const obj = info.objectOf(n);
          if (obj !== null) out.push(`${at} is ${describe(obj)}`);
        }
        if (!/(Stmt|Decl|Spec|Clause|Field|FieldList)$/.test(n.kind)) {
          const type = info.typeOf(n as Parameters<typeof info.typeOf>[0]);
          if (type.kind !== "unknown") out.push(`${at}: ${typeString(type)}`);
        }
      });
    }
  }
  return out.sort();
}

function describe(obj: Obj): string {
  const { at } = obj;
  if (at === null) return `${obj.kind} ${obj.name}`;
  return `${obj.kind} ${obj.name} of ${at.file.path}:${at.file.startOf(at.decl) + at.ident.pos}`;
}
