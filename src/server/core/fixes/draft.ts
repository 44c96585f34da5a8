/**
 * The edits of one Fix while it is made: statements put around others, ranges replaced, imports asked for.
 *
 * Decides how inserted text is indented and which line ends it has, opens one-line function bodies where a
 * statement must go in, and in the end lays the columns around edited lines out as gofmt would.
 */
import type { FileEdit } from "../finding.ts";
import type { BlockStmt, Node, SourceFile, Stmt } from "../syntax/ast.ts";
import { lineReplacements } from "./difference.ts";
import { type Edit, importEdits, importedName } from "./imports.ts";
import { alignAround } from "./layout.ts";
import { CannotFix } from "./refusal.ts";
import { type DeclTree, endOf, lineOf, listOwnerOf, startOf, statementsOf } from "./tree.ts";

/** Collects edits; nothing is checked against what other edits do, but overlapping ones are refused. */
export interface Draft {
  /** Puts lines in front of a statement of a list, indented as it is. */
  before(tree: DeclTree, statement: Stmt, lines: readonly string[]): void;
  /** Puts lines behind a statement of a list, after a comment that ends its line. */
  after(tree: DeclTree, statement: Stmt, lines: readonly string[]): void;
  /** Puts lines at the start of a block. */
  atStartOf(tree: DeclTree, block: BlockStmt, lines: readonly string[]): void;
  /** Replaces a range of a file. */
  replace(file: SourceFile, pos: number, end: number, text: string): void;
  /** Puts lines, not indented, behind a top-level declaration, parted by blank lines. */
  afterDeclaration(tree: DeclTree, lines: readonly string[]): void;
  /** Sees to it that a file imports a package; returns its name there. */
  importName(file: SourceFile, path: string, packageName: string): string;
  /** The statement's indentation, also where its one-line block is opened. */
  indentOf(tree: DeclTree, statement: Node): string;
  /** The line end of a file. */
  eolOf(file: SourceFile): string;
  /** All edits, laid out. */
  finish(): FileEdit[];
}

/** An empty draft. */
export function createDraft(): Draft {
  const edits = new Map<SourceFile, Edit[]>();
  const imports = new Map<SourceFile, Set<string>>();
  const opened = new Set<BlockStmt>();

  const push = (file: SourceFile, edit: Edit): void => {
    const list = edits.get(file) ?? [];
    list.push(edit);
    edits.set(file, list);
  };
  const eolOf = (file: SourceFile): string => (/^[^\n]*\r\n/.test(file.text) ? "\r\n" : "\n");
  const lineIndent = (file: SourceFile, offset: number): string => {
    const start = file.text.lastIndexOf("\n", offset - 1) + 1;
    return /^[\t ]*/.exec(file.text.slice(start, offset))![0];
  };
  const onOneLine = (tree: DeclTree, block: BlockStmt): boolean =>
    !tree.file.text.slice(startOf(tree, block), endOf(tree, block)).includes("\n");
  const blockOf = (tree: DeclTree, statement: Node): BlockStmt | null => {
    const owner = listOwnerOf(tree, statement);
    return owner?.kind === "BlockStmt" ? owner : null;
  };
  const indentOf = (tree: DeclTree, statement: Node): string => {
    const block = blockOf(tree, statement);
    if (block !== null && onOneLine(tree, block)) return `${lineIndent(tree.file, startOf(tree, block))}\t`;
    return lineIndent(tree.file, startOf(tree, statement));
  };
  /** Gives every statement of a one-line block a line of its own. */
  const open = (tree: DeclTree, block: BlockStmt): void => {
    if (opened.has(block) || !onOneLine(tree, block)) return;
    opened.add(block);
    const { file } = tree;
    const outer = eolOf(file) + lineIndent(file, startOf(tree, block));
    let at = startOf(tree, block) + 1;
    for (const statement of block.list) {
      push(file, gap(tree, at, startOf(tree, statement), `${outer}\t`));
      at = endOf(tree, statement);
    }
    push(file, gap(tree, at, endOf(tree, block) - 1, outer));
  };
  const gap = (tree: DeclTree, pos: number, end: number, text: string): Edit => {
    if (!/^[\s;]*$/.test(tree.file.text.slice(pos, end))) {
      throw new CannotFix(
        `A comment stands within a one-line function body in ${tree.file.path}; give it lines of its own first.`,
      );
    }
    return { pos, end, text };
  };
  /** Where the line's first statement starts, comments before it included, or -1 when another one is first. */
  const lineHead = (file: SourceFile, offset: number): number => {
    const start = file.text.lastIndexOf("\n", offset - 1) + 1;
    const head = /^([\t ]*)(\/\*.*?\*\/[\t ]*)*$/.exec(file.text.slice(start, offset));
    return head === null ? -1 : start + head[1]!.length;
  };

  return {
    before(tree, statement, lines) {
      const block = blockOf(tree, statement);
      if (block !== null) open(tree, block);
      const isOpened = block !== null && opened.has(block);
      const at = isOpened ? startOf(tree, statement) : lineHead(tree.file, startOf(tree, statement));
      if (at === -1) {
        throw new CannotFix(
          `Line ${lineOf(tree, statement)} holds more than one statement; run gofmt on ${tree.file.path} first.`,
        );
      }
      const lead = eolOf(tree.file) + indentOf(tree, statement);
      push(tree.file, { pos: at, end: at, text: lines.map((l) => reindent(l, lead) + lead).join("") });
    },
    after(tree, statement, lines) {
      const block = blockOf(tree, statement);
      if (block !== null) open(tree, block);
      const { file } = tree;
      let at = endOf(tree, statement);
      if (!(block !== null && opened.has(block))) {
        const rest = /^[^\r\n]*/.exec(file.text.slice(at))![0];
        if (!/^[\t ]*(\/\/.*|\/\*.*\*\/[\t ]*)?$/.test(rest)) {
          throw new CannotFix(
            `Line ${lineOf(tree, statement)} holds more than one statement; run gofmt on ${file.path} first.`,
          );
        }
        at += rest.length;
      }
      const lead = eolOf(file) + indentOf(tree, statement);
      push(file, { pos: at, end: at, text: lines.map((l) => lead + reindent(l, lead)).join("") });
    },
    atStartOf(tree, block, lines) {
      const first = statementsOf(block)[0];
      if (first !== undefined) {
        this.before(tree, first, lines);
        return;
      }
      const outer = eolOf(tree.file) + lineIndent(tree.file, startOf(tree, block));
      const text = lines.map((l) => `${outer}\t${reindent(l, `${outer}\t`)}`).join("");
      const pos = startOf(tree, block) + 1;
      push(tree.file, { pos, end: pos, text: onOneLine(tree, block) ? text + outer : text });
    },
    replace(file, pos, end, text) {
      push(file, { pos, end, text });
    },
    afterDeclaration(tree, lines) {
      const { file } = tree;
      const eol = eolOf(file);
      const end = file.startOf(tree.decl) + tree.decl.end;
      const at = end + /^[^\r\n]*/.exec(file.text.slice(end))![0].length;
      push(file, { pos: at, end: at, text: eol + eol + lines.join(eol) });
    },
    importName(file, path, packageName) {
      const name = importedName(file, path, packageName);
      if (name !== null) return name;
      const wanted = imports.get(file) ?? new Set();
      wanted.add(path);
      imports.set(file, wanted);
      return packageName;
    },
    indentOf,
    eolOf,
    finish() {
      for (const [file, paths] of imports) {
        for (const edit of importEdits(file, [...paths], eolOf(file))) push(file, edit);
      }
      return [...edits]
        .map(([file, list]) => ({ path: file.path, edits: lineReplacements(file.text, applied(file, list)) }))
        .filter((f) => f.edits.length > 0)
        .sort((a, b) => (a.path < b.path ? -1 : 1));
    },
  };
}

/** Inserted lines may hold line breaks and tabs of their own, for what is nested in them. */
function reindent(line: string, lead: string): string {
  return line.replaceAll("\n", lead);
}

/** The text after the edits, with the columns around them aligned. */
function applied(file: SourceFile, edits: readonly Edit[]): string {
  const order = edits.map((edit, i) => ({ edit, i }));
  order.sort((a, b) => a.edit.pos - b.edit.pos || a.edit.end - b.edit.end || a.i - b.i);
  const touched = new Set<number>();
  let out = "";
  let line = 0;
  let at = 0;
  const append = (text: string, isEdit: boolean): void => {
    // What begins with a line break leaves the line that it begins in as it was.
    if (isEdit && !/^\r?\n/.test(text)) touched.add(line);
    for (const ch of text) {
      if (ch !== "\n") continue;
      line++;
      if (isEdit) touched.add(line);
    }
    out += text;
  };
  for (const { edit } of order) {
    if (edit.pos < at) {
      throw new CannotFix(
        `Two rewrites meet in one expression of ${file.path}; take the inner use of the map out into a variable first.`,
      );
    }
    append(file.text.slice(at, edit.pos), false);
    append(edit.text, true);
    at = edit.end;
  }
  append(file.text.slice(at), false);
  return alignAround(out, touched);
}
