/**
 * Adding an import the way gofmt and goimports lay it out: sorted into the block of standard packages.
 *
 * Decides where the line goes and what the package is called in the file.
 */
import { isStandard } from "../calls/outline.ts";
import type { ImportDecl, SourceFile } from "../syntax/ast.ts";
import { CannotFix } from "./refusal.ts";

/** An edit of one file, in UTF-16 offsets. */
export interface Edit {
  readonly pos: number;
  readonly end: number;
  readonly text: string;
}

/** The name that a file already imports a package by, or null. */
export function importedName(file: SourceFile, path: string, packageName: string): string | null {
  for (const spec of file.imports) {
    if (spec.path !== path) continue;
    if (spec.name === null) return packageName;
    if (spec.name.name !== "_" && spec.name.name !== ".") return spec.name.name;
  }
  return null;
}

/** Edits that import all the paths, none of which the file imports yet. */
export function importEdits(file: SourceFile, paths: readonly string[], eol: string): Edit[] {
  const sorted = [...paths].sort();
  if (sorted.length === 0) return [];
  const decls = file.decls.filter(
    (d): d is ImportDecl => d.kind === "ImportDecl" && d.specs.every((s) => s.path !== "C"),
  );
  const decl = decls.find((d) => isGroup(file, d)) ?? decls[0];
  if (decl === undefined) return [afterPackageClause(file, sorted, eol)];
  return isGroup(file, decl) ? intoGroup(file, decl, sorted, eol) : [singleToGroup(file, decl, sorted, eol)];
}

function isGroup(file: SourceFile, decl: ImportDecl): boolean {
  const start = file.startOf(decl);
  return /^import\s*\(/.test(file.text.slice(start, start + decl.end - decl.pos));
}

function group(specs: readonly string[], eol: string): string {
  return ["import (", ...specs.map((s) => (s === "" ? "" : `\t${s}`)), ")"].join(eol);
}

function afterPackageClause(file: SourceFile, paths: readonly string[], eol: string): Edit {
  const quoted = paths.map((p) => `"${p}"`);
  const at = endOfPackageClause(file);
  const text = quoted.length === 1 ? `import ${quoted[0]}` : group(quoted, eol);
  return { pos: at, end: at, text: eol + eol + text };
}

/** The end of the package clause's line; block comments before it are stepped over. */
function endOfPackageClause(file: SourceFile): number {
  const clause = /^[\t ]*package[\t ]+[^\r\n]*/gm;
  for (let found = clause.exec(file.text); found; found = clause.exec(file.text)) {
    const at = found.index;
    if (!file.comments.some((c) => c.pos <= at && at < c.end)) return at + found[0].length;
  }
  throw new CannotFix(`${file.path} has no package clause, so no import can be added; add one first.`);
}

function singleToGroup(file: SourceFile, decl: ImportDecl, paths: readonly string[], eol: string): Edit {
  const start = file.startOf(decl);
  const end = start + decl.end - decl.pos;
  const spec = file.text.slice(start, end).replace(/^import\s+/, "");
  const quoted = paths.map((p) => `"${p}"`);
  const own = decl.specs[0];
  const specs =
    own !== undefined && isStandard(own.path)
      ? [...quoted, spec].sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1))
      : [...quoted, "", spec];
  return { pos: start, end, text: group(specs, eol) };
}

function pathOf(spec: string): string {
  return /["`]([^"`]*)["`]/.exec(spec)?.[1] ?? spec;
}

function intoGroup(file: SourceFile, decl: ImportDecl, paths: readonly string[], eol: string): Edit[] {
  const start = file.startOf(decl);
  const lineStart = (offset: number): number => file.text.lastIndexOf("\n", offset - 1) + 1;
  const specs = decl.specs.map((spec) => ({
    path: spec.path,
    line: lineStart(start + spec.pos),
    end: start + spec.end,
  }));
  if (specs.length === 0 || specs.some((s) => s.line <= start)) {
    throw new CannotFix(
      `The import declaration of ${file.path} is not laid out as gofmt would; run gofmt first.`,
    );
  }
  // The first block of lines that holds a standard package; blocks are parted by blank lines.
  const standard = specs.findIndex((s) => isStandard(s.path));
  if (standard === -1) {
    const first = lineWithComments(file, specs[0]!.line);
    return [{ pos: first, end: first, text: `${paths.map((p) => `\t"${p}"`).join(eol)}${eol}${eol}` }];
  }
  let last = standard;
  while (
    last + 1 < specs.length &&
    !/\n[\t ]*\r?\n/.test(file.text.slice(specs[last]!.end, specs[last + 1]!.line))
  )
    last++;
  return paths.map((path) => {
    const next = specs.slice(standard, last + 1).find((s) => s.path >= path);
    if (next !== undefined) {
      const at = lineWithComments(file, next.line);
      return { pos: at, end: at, text: `\t"${path}"${eol}` };
    }
    const newline = file.text.indexOf("\n", specs[last]!.end);
    const at = newline === -1 ? file.text.length : newline + 1;
    return { pos: at, end: at, text: `\t"${path}"${eol}` };
  });
}

/** The start of the comment lines that stand directly above a line, or of the line. */
function lineWithComments(file: SourceFile, line: number): number {
  let at = line;
  while (at > 0) {
    const above = file.text.lastIndexOf("\n", at - 2) + 1;
    if (!/^[\t ]*\/\//.test(file.text.slice(above, at))) return at;
    at = above;
  }
  return at;
}
