/**
 * Compares what core says of a program with what `go/types` says: for every identifier the object, for every
 * expression the type. A difference is either an unknown (core does not say) or wrong (core says otherwise).
 */
import type { Expr, Ident, Node, SourceFile } from "../../src/server/core/syntax/ast.ts";
import type { Info, Obj, Package } from "../../src/server/core/types/types.ts";
import { typeString } from "../../src/server/core/types/typestring.ts";
import { identity } from "./identity.ts";
import { walk } from "./walk.ts";

export interface Tally {
  same: number;
  unknown: number;
  wrong: number;
}

export interface Difference {
  readonly what: "object" | "type";
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly expected: string;
  /** "" where core does not say. */
  readonly got: string;
}

export interface Comparison {
  readonly identifiers: Tally;
  readonly expressions: Tally;
  /** Types that agree and are spelt otherwise: by an alias, or with other names of parameters. */
  respelt: number;
  /** Places in files of compared packages, all of them valid Go, that the grammar could not read. */
  faults: number;
  readonly differences: Difference[];
}

export function openComparison(): Comparison {
  return {
    identifiers: { same: 0, unknown: 0, wrong: 0 },
    expressions: { same: 0, unknown: 0, wrong: 0 },
    respelt: 0,
    faults: 0,
    differences: [],
  };
}

/** What the oracle printed for one file. */
export interface FileFacts {
  readonly path: string;
  /** Offset → "kind where". */
  readonly identifiers: Map<number, string>;
  /** Offset * 2^26 + end → type; after a tab, its spelling by identity where that is another. */
  readonly expressions: Map<number, string>;
}

export function rangeKey(pos: number, end: number): number {
  return pos * 2 ** 26 + end;
}

/** Compares one file; `keep` limits the differences remembered. */
export function compareFile(
  pkg: Package,
  file: SourceFile,
  facts: FileFacts,
  into: Comparison,
  keep: number,
): void {
  into.faults += file.errors.length;
  const bytes = byteOffsets(file.text);
  const at = (offset: number): number => bytes?.[offset] ?? offset;
  const seenIdents = new Set<number>();
  const seenExprs = new Set<number>();
  const report = (d: Omit<Difference, "file" | "line" | "text">, pos: number, end: number): void => {
    if (into.differences.length >= keep) return;
    const line = file.text.slice(0, pos).split("\n").length;
    into.differences.push({
      ...d,
      file: file.path,
      line,
      text: file.text.slice(pos, Math.min(end, pos + 80)),
    });
  };
  for (const decl of file.decls) {
    const info = pkg.info(decl);
    const start = file.startOf(decl);
    walk(decl, (n) => {
      const pos = start + n.pos;
      const end = start + n.end;
      if (n.kind === "Ident") {
        const expected = facts.identifiers.get(at(pos));
        if (expected !== undefined && !seenIdents.has(at(pos))) {
          seenIdents.add(at(pos));
          const got = describe(objectAt(info, n), at, file);
          tally(into.identifiers, expected, got, () => report({ what: "object", expected, got }, pos, end));
        }
      }
      const key = rangeKey(at(pos), at(end));
      const [expected, identical] = facts.expressions.get(key)?.split("\t") ?? [];
      if (expected === undefined || seenExprs.has(key) || !isExpression(n)) return;
      const type = info.typeOf(n);
      if (type.kind === "unknown" && n.kind === "KeyValueExpr") return;
      seenExprs.add(key);
      const got = type.kind === "unknown" ? "" : typeString(type, plainPath);
      if (got !== expected && got !== "" && identity(type, plainPath) === (identical ?? expected)) {
        into.respelt++;
        into.expressions.same++;
        return;
      }
      tally(into.expressions, expected, got, () => report({ what: "type", expected, got }, pos, end));
    });
  }
  // What core has no node for. Offsets are in bytes, so the text shown is a little off after other characters.
  const missing = (what: Difference["what"], expected: string, pos: number, end: number): void => {
    if (into.differences.length >= keep) return;
    const line = file.text.slice(0, pos).split("\n").length;
    into.differences.push({
      what,
      file: file.path,
      line,
      text: file.text.slice(pos, end),
      expected,
      got: "",
    });
  };
  for (const [offset, expected] of facts.identifiers) {
    if (seenIdents.has(offset) || expected.startsWith("other")) continue;
    into.identifiers.unknown++;
    missing("object", expected, offset, offset + 40);
  }
  for (const [key, expected] of facts.expressions) {
    if (seenExprs.has(key)) continue;
    into.expressions.unknown++;
    missing("type", expected, Math.floor(key / 2 ** 26), key % 2 ** 26);
  }
}

function objectAt(info: Info, id: Ident): Obj | null {
  return info.objectOf(id);
}

function plainPath(pkg: Package): string {
  return pkg.path.replace(/ .*/, "");
}

function isExpression(n: Node): n is Expr {
  return !/(Stmt|Decl|Spec|Clause|Field|FieldList)$/.test(n.kind);
}

function tally(into: Tally, expected: string, got: string, report: () => void): void {
  if (got === expected) {
    into.same++;
    return;
  }
  if (got === "" || got.includes("unknown")) into.unknown++;
  else into.wrong++;
  report();
}

/** "kind offset:file" as the oracle prints it; "" for no object. */
function describe(obj: Obj | null, _at: (offset: number) => number, here: SourceFile): string {
  if (obj === null) return "";
  const place = obj.at;
  if (place === null) return `${obj.kind} universe:${obj.name.replace("unsafe.", "")}`;
  const offset = place.file.startOf(place.decl) + place.ident.pos;
  const bytes = byteOffsets(place.file === here ? here.text : place.file.text);
  return `${obj.kind} ${bytes?.[offset] ?? offset}:${place.file.path}`;
}

const offsets = new Map<string, Uint32Array | null>();

/** Byte offset by UTF-16 offset; null for plain ASCII, where they are equal. */
function byteOffsets(text: string): Uint32Array | null {
  const known = offsets.get(text);
  if (known !== undefined) return known;
  let table: Uint32Array | null = null;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is looked for
  if (!/^[\x00-\x7f]*$/.test(text)) {
    table = new Uint32Array(text.length + 1);
    let bytes = 0;
    for (let i = 0; i < text.length; i++) {
      table[i] = bytes;
      const c = text.charCodeAt(i);
      if (c < 0x80) bytes += 1;
      else if (c < 0x800) bytes += 2;
      else if (c >= 0xd800 && c <= 0xdbff) {
        bytes += 4;
        table[++i] = bytes;
      } else bytes += 3;
    }
    table[text.length] = bytes;
  }
  offsets.set(text, table);
  return table;
}
