/**
 * Text of a Go file to its compact tree.
 *
 * A file is cut into top-level declarations (`chunks.ts`), and each is parsed by tree-sitter on its own and
 * turned into our nodes in one pass. Bodies of functions are read when they are first asked for, so reading a
 * dependency costs its declarations only. What the tree of a declaration looks like depends on that
 * declaration's text alone: parsing after an edit equals parsing afresh, and declarations whose text did not
 * change are the same objects as before.
 */
import type { Node as TreeNode } from "web-tree-sitter";
import type { Comment, Decl, ImportSpec, SourceFile, SyntaxFault } from "./ast.ts";
import { type Chunk, chunksOf, skipToken } from "./chunks.ts";
import { type Conversion, detached } from "./cursor.ts";
import { convertConsts, convertImports, convertTypes } from "./declarations.ts";
import { FunctionDecl } from "./functions.ts";
import { type FindPacked, PackedDecl, PackedText } from "./packed.ts";
import { type GoParser, parserInput, pieceOf, readPiece } from "./parser.ts";
import { SourceText, TextPiece } from "./sourceText.ts";
import { withTree } from "./table.ts";
import { readVariables } from "./variables.ts";

/** What is known of a file besides its text. */
export interface KnownOfFile {
  /** An older version of it: declarations that it has word for word are reused. */
  readonly previous?: SourceFile | null;
  /** Finds what `packFile` made of this very text, where somebody keeps it. */
  readonly packed?: FindPacked | null;
  /** Finds the text again, which is not held then. */
  readonly textAgain?: (() => string) | null;
}

/** Reads `text`. */
export function parseFile(go: GoParser, path: string, text: string, known: KnownOfFile = {}): SourceFile {
  const { previous = null, packed = null, textAgain = null } = known;
  const source = new SourceText(text, textAgain);
  // What is not held cannot be compared with: it may be another text by now.
  const old = previous instanceof ParsedFile && previous.source.isHeld ? previous : null;
  const tables = packed === null ? null : new PackedText(packed, text.length, go.open);
  return new ParsedFile(go, path, text, source, tables, old);
}

/** The head of a function is its text up to here; two functions with equal heads differ in their bodies only. */
function headEnd(chunk: Chunk): number {
  return chunk.body < 0 ? chunk.end : chunk.body;
}

/** A file; a class so that positions, faults and comments can be found when somebody asks. */
class ParsedFile implements SourceFile {
  readonly path: string;
  readonly source: SourceText;
  readonly packageName: string;
  readonly decls: readonly Decl[];
  readonly imports: readonly ImportSpec[];
  /** The pieces that `decls` came from, in step with it. */
  readonly chunks: readonly Chunk[];
  /** Made when somebody asks: nobody asks where a dependency's declarations are. */
  private starts: Map<Decl, number> | null = null;
  private commentList: readonly Comment[] | null = null;
  private readonly go: GoParser;

  constructor(
    go: GoParser,
    path: string,
    text: string,
    source: SourceText,
    packed: PackedText | null,
    previous: ParsedFile | null,
  ) {
    this.go = go;
    this.path = path;
    this.source = source;
    const known = packed?.file()?.chunks ?? null;
    const chunks = known ?? chunksOf(text);
    const clause = chunks.find((c) => c.kind === "package");
    this.packageName =
      clause === undefined ? "" : detached(packageNameOf(text.slice(clause.start, clause.end)) ?? "");
    this.chunks = chunks.filter((c) => c.kind !== "package");
    const tables =
      packed === null || known === null
        ? null
        : known.flatMap((c, i) => (c.kind === "package" ? [] : [new PackedDecl(packed, i)]));
    this.decls = readDecls(go, text, source, this.chunks, tables, previous);
    this.imports = this.decls.flatMap((decl) => (decl.kind === "ImportDecl" ? decl.specs : []));
  }

  get text(): string {
    return this.source.all;
  }

  startOf(decl: Decl): number {
    this.starts ??= new Map(this.decls.map((d, i) => [d, this.chunks[i]!.start]));
    const start = this.starts.get(decl);
    if (start === undefined)
      throw new Error(`${this.path}: the declaration is not part of this version of the file.`);
    return start;
  }

  get errors(): readonly SyntaxFault[] {
    const out: SyntaxFault[] = [];
    const { text } = this;
    for (const [i, decl] of this.decls.entries()) {
      const start = this.chunks[i]!.start;
      for (const fault of faultsOf(this.go, decl, text.slice(start, this.chunks[i]!.end))) {
        out.push({ pos: fault.pos + start, end: fault.end + start });
      }
    }
    return out;
  }

  get comments(): readonly Comment[] {
    this.commentList ??= commentsOf(this.text).map((c) =>
      this.source.isHeld ? c : { ...c, text: detached(c.text) },
    );
    return this.commentList;
  }
}

function packageNameOf(clause: string): string | null {
  const bare = clause.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, " ");
  return /^package\s+([^\s;]+)/.exec(bare)?.[1] ?? null;
}

function commentsOf(text: string): readonly Comment[] {
  const out: Comment[] = [];
  let i = 0;
  while (i < text.length) {
    const after = skipToken(text, i, text.length);
    if (after > i) {
      if (text.charCodeAt(i) === 47) out.push({ pos: i, end: after, text: text.slice(i, after) });
      i = after;
    } else i++;
  }
  return out;
}

/** Reads the declarations of `text`, which is that of `source`, taking over what `previous` already has. */
function readDecls(
  go: GoParser,
  text: string,
  source: SourceText,
  chunks: readonly Chunk[],
  packed: readonly PackedDecl[] | null,
  previous: ParsedFile | null,
): Decl[] {
  const same = (now: Chunk, then: Chunk): boolean =>
    previous !== null &&
    now.kind === then.kind &&
    now.end - now.start === then.end - then.start &&
    text.slice(now.start, now.end) === previous.text.slice(then.start, then.end);
  const before = previous?.chunks ?? [];
  const decls: (Decl | null)[] = chunks.map(() => null);

  let first = 0; // declarations that both versions begin with
  while (first < chunks.length && first < before.length && same(chunks[first]!, before[first]!)) {
    decls[first] = previous!.decls[first]!;
    first++;
  }
  let lastNow = chunks.length; // and those that both end with
  let lastThen = before.length;
  while (lastNow > first && lastThen > first && same(chunks[lastNow - 1]!, before[lastThen - 1]!)) {
    decls[--lastNow] = previous!.decls[--lastThen]!;
  }
  // In between, equal text may have moved, and functions may have changed in their bodies only.
  const left = new Set<number>();
  for (let j = first; j < lastThen; j++) left.add(j);
  for (let i = first; i < lastNow && left.size > 0; i++) {
    for (const j of left) {
      if (!same(chunks[i]!, before[j]!)) continue;
      decls[i] = previous!.decls[j]!;
      left.delete(j);
      break;
    }
  }
  for (let i = first; i < lastNow; i++) {
    if (decls[i] !== null) continue;
    const chunk = chunks[i]!;
    // Declarations live on from edit to edit, and must not keep every version of the text alive.
    const copied = (piece: string): string => (previous === null && source.isHeld ? piece : detached(piece));
    const head = copied(text.slice(chunk.start, headEnd(chunk)));
    const body =
      chunk.body < 0
        ? null
        : source.isHeld
          ? copied(text.slice(chunk.body, chunk.end))
          : new TextPiece(source, chunk.body, chunk.end);
    let kept: FunctionDecl | null = null;
    if (chunk.kind === "func") {
      for (const j of left) {
        const decl = previous!.decls[j]!;
        if (!(decl instanceof FunctionDecl) || decl.headText !== head) continue;
        kept = decl;
        left.delete(j);
        break;
      }
    }
    decls[i] = readDecl(go, chunk, head, body, packed?.[i] ?? null, kept);
  }
  return decls as Decl[];
}

function readDecl(
  go: GoParser,
  chunk: Chunk,
  source: string,
  body: string | TextPiece | null,
  packed: PackedDecl | null,
  sameHead: FunctionDecl | null,
): Decl {
  const length = chunk.end - chunk.start;
  const bad: Decl = { kind: "BadDecl", pos: 0, end: length, id: 0 };
  const read = (wanted: string, convert: (cx: Conversion) => Decl): Decl => {
    const { node, sound } = readPiece(go, pieceOf(source, packed?.own ?? null), wanted, convert);
    if (node !== null && sound) go.faults.set(node, []);
    return node ?? bad;
  };
  switch (chunk.kind) {
    case "func":
      return FunctionDecl.read(go, source, body, length, packed, sameHead) ?? bad;
    case "import":
      return read("import_declaration", convertImports);
    case "const":
      return read("const_declaration", convertConsts);
    case "type":
      return read("type_declaration", convertTypes);
    case "var": {
      const { decl, sound } = readVariables(go, source, packed);
      if (decl !== null && sound) go.faults.set(decl, []);
      return decl ?? bad;
    }
    default:
      return bad;
  }
}

/** The places of a declaration that the grammar could not read, relative to it. */
function faultsOf(go: GoParser, decl: Decl, source: string): readonly SyntaxFault[] {
  const known = go.faults.get(decl);
  if (known !== undefined) return known;
  if (decl instanceof FunctionDecl && decl.isSound) return [];
  const out: SyntaxFault[] = [];
  withTree(go.parser, parserInput(source), (tree) => {
    if (tree.rootNode.hasError) collectFaults(tree.rootNode, out);
  });
  if (decl.kind === "BadDecl" && out.length === 0) out.push({ pos: 0, end: source.length });
  go.faults.set(decl, out);
  return out;
}

function collectFaults(node: TreeNode, out: SyntaxFault[]): void {
  if (node.isError || node.isMissing) {
    out.push({ pos: node.startIndex, end: node.endIndex });
    return;
  }
  for (const child of node.children) if (child?.hasError) collectFaults(child, out);
}
