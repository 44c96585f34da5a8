/**
 * Text of a Go file to its compact tree.
 *
 * A file is cut into top-level declarations (`chunks.ts`), and each is parsed by tree-sitter on its own and
 * turned into our nodes in one pass. Bodies of functions are read when they are first asked for, so reading a
 * dependency costs its declarations only. What the tree of a declaration looks like depends on that
 * declaration's text alone: parsing after an edit equals parsing afresh, and declarations whose text did not
 * change are the same objects as before.
 */
import { Language, Parser, type Node as TreeNode } from "web-tree-sitter";
import type {
  BlockStmt,
  Comment,
  Decl,
  FieldList,
  FuncDecl,
  FuncType,
  Ident,
  ImportSpec,
  SourceFile,
  SyntaxFault,
} from "./ast.ts";
import { type Chunk, chunksOf, readable, skipToken } from "./chunks.ts";
import { type Conversion, enter, type Grammar, grammarOf, leave, next, typeHere } from "./cursor.ts";
import {
  convertConsts,
  convertFuncHead,
  convertImports,
  convertTypes,
  convertVars,
  type FuncHead,
} from "./declarations.ts";
import { convertBlock } from "./statements.ts";
import { type TableReader, type TreeSitterModule, tableOf, withTree } from "./table.ts";

/** The bytes of the two WebAssembly modules that parsing needs; whoever calls core reads them. */
export interface ParserWasm {
  /** `web-tree-sitter.wasm` */
  readonly runtime: Uint8Array;
  /** `tree-sitter-go.wasm` */
  readonly go: Uint8Array;
}

/** A ready parser; one serves any number of files. */
export interface GoParser {
  readonly parser: Parser;
  readonly reader: TableReader;
  readonly grammar: Grammar;
  readonly names: Map<string, string>;
  /** What {@link SourceFile.errors} found in declarations that are still alive. */
  readonly faults: WeakMap<Decl, readonly SyntaxFault[]>;
}

/** The WebAssembly runtime: the parser library keeps one per process, and starting it twice would break the first. */
let runtime: Promise<TreeSitterModule> | null = null;

function startRuntime(bytes: Uint8Array): Promise<TreeSitterModule> {
  // Emscripten takes the bytes of the module under this name, and makes the options the module; the published
  // types list neither.
  const options = { wasmBinary: bytes } as unknown as Parameters<typeof Parser.init>[0];
  runtime ??= Parser.init(options).then(
    () => options as unknown as TreeSitterModule,
    (cause: unknown) => {
      runtime = null; // the next caller may have the right bytes
      throw new Error(
        "The parser's WebAssembly runtime did not start; web-tree-sitter.wasm may be damaged.",
        {
          cause,
        },
      );
    },
  );
  return runtime;
}

/** Loads the grammar; may be called any number of times. Rejects when the bytes are not the modules they should be. */
export async function createParser(wasm: ParserWasm): Promise<GoParser> {
  const module = await startRuntime(wasm.runtime);
  const language = await Language.load(wasm.go);
  const parser = new Parser();
  parser.setLanguage(language);
  const grammar = grammarOf(language);
  const reader = { module, withFields: grammar.withFields, buffer: new Int32Array(1 << 14) };
  return { parser, reader, grammar, names: new Map(), faults: new WeakMap() };
}

/** Reads `text`; declarations that `previous` (an older version of the same file) has word for word are reused. */
export function parseFile(
  go: GoParser,
  path: string,
  text: string,
  previous: SourceFile | null = null,
): SourceFile {
  const chunks = chunksOf(text);
  const old = previous instanceof ParsedFile ? previous : null;
  return new ParsedFile(go, path, text, chunks, old);
}

/** The head of a function is its text up to here; two functions with equal heads differ in their bodies only. */
function headEnd(chunk: Chunk): number {
  return chunk.body < 0 ? chunk.end : chunk.body;
}

/** A file; a class so that positions, faults and comments can be found when somebody asks. */
class ParsedFile implements SourceFile {
  readonly path: string;
  readonly text: string;
  readonly packageName: string;
  readonly decls: readonly Decl[];
  readonly imports: readonly ImportSpec[];
  /** The pieces that `decls` came from, in step with it. */
  readonly chunks: readonly Chunk[];
  private readonly starts: Map<Decl, number>;
  private commentList: readonly Comment[] | null = null;
  private readonly go: GoParser;

  constructor(
    go: GoParser,
    path: string,
    text: string,
    chunks: readonly Chunk[],
    previous: ParsedFile | null,
  ) {
    this.go = go;
    this.path = path;
    this.text = text;
    const clause = chunks.find((c) => c.kind === "package");
    this.packageName =
      clause === undefined ? "" : (packageNameOf(text.slice(clause.start, clause.end)) ?? "");
    this.chunks = chunks.filter((c) => c.kind !== "package");
    this.decls = readDecls(go, text, this.chunks, previous);
    this.starts = new Map();
    const imports: ImportSpec[] = [];
    for (const [i, decl] of this.decls.entries()) {
      this.starts.set(decl, this.chunks[i]!.start);
      if (decl.kind === "ImportDecl") imports.push(...decl.specs);
    }
    this.imports = imports;
  }

  startOf(decl: Decl): number {
    const start = this.starts.get(decl);
    if (start === undefined)
      throw new Error(`${this.path}: the declaration is not part of this version of the file.`);
    return start;
  }

  get errors(): readonly SyntaxFault[] {
    const out: SyntaxFault[] = [];
    for (const [i, decl] of this.decls.entries()) {
      const start = this.chunks[i]!.start;
      for (const fault of faultsOf(this.go, decl, this.text.slice(start, this.chunks[i]!.end))) {
        out.push({ pos: fault.pos + start, end: fault.end + start });
      }
    }
    return out;
  }

  get comments(): readonly Comment[] {
    this.commentList ??= commentsOf(this.text);
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

/** Reads the declarations of `text`, taking over what `previous` already has. */
function readDecls(
  go: GoParser,
  text: string,
  chunks: readonly Chunk[],
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
    const source = text.slice(chunk.start, chunk.end);
    const head = source.slice(0, headEnd(chunk) - chunk.start);
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
    decls[i] = readDecl(go, chunk, source, kept);
  }
  return decls as Decl[];
}

function readDecl(go: GoParser, chunk: Chunk, source: string, sameHead: FunctionDecl | null): Decl {
  const bad = { kind: "BadDecl", pos: 0, end: source.length, id: 0 } as const;
  switch (chunk.kind) {
    case "func": {
      const bodyAt = chunk.body < 0 ? -1 : chunk.body - chunk.start;
      return FunctionDecl.read(go, source, bodyAt, sameHead) ?? bad;
    }
    case "import":
      return convertTop(go, source, "import_declaration", convertImports) ?? bad;
    case "const":
      return convertTop(go, source, "const_declaration", convertConsts) ?? bad;
    case "type":
      return convertTop(go, source, "type_declaration", convertTypes) ?? bad;
    case "var":
      return convertTop(go, source, "var_declaration", convertVars) ?? bad;
    default:
      return bad;
  }
}

/** What the parser is given for a piece: declarations end with a line, and without its end it would have to guess one. */
function parserInput(source: string): string {
  return `${readable(source)}\n`;
}

/** Moves to the first node of one of these types that is no deeper than the children of an unreadable root. */
function convertTop<T>(
  go: GoParser,
  source: string,
  wanted: string,
  convert: (cx: Conversion) => T,
  shift = 0,
  text = source,
  firstId = 0,
): T | null {
  const table = withTree(go.parser, parserInput(source), (tree) => tableOf(go.reader, tree));
  const cx: Conversion = {
    grammar: go.grammar,
    table,
    at: 0,
    parents: [],
    text,
    shift,
    names: go.names,
    nextId: firstId,
    depth: 0,
  };
  return find(cx, wanted, 3) ? convert(cx) : null;
}

/** Moves the cursor to the first node whose type is (or ends with) `wanted`, at most `depth` levels down. */
function find(cx: Conversion, wanted: string, depth: number): boolean {
  if (typeHere(cx) === wanted) return true;
  if (depth === 0 || !enter(cx)) return false;
  do {
    if (find(cx, wanted, depth - 1)) return true;
  } while (next(cx));
  leave(cx);
  return false;
}

/** The head of a function, read when it is first asked for; versions with the same head share it. */
class LazyHead {
  readonly text: string;
  readonly name: Ident;
  readonly receiverName: string | null;
  private readonly go: GoParser;
  private found: { readonly head: FuncHead; readonly ids: number } | null = null;

  private constructor(go: GoParser, text: string, name: Ident, receiverName: string | null) {
    this.go = go;
    this.text = text;
    this.name = name;
    this.receiverName = receiverName;
  }

  /** Finds the name in the text of a head; null where there is none. */
  static of(go: GoParser, text: string): LazyHead | null {
    const match = HEAD.exec(text);
    if (match === null) return null;
    const [whole, receiver, name = ""] = match;
    const pos = whole.length - name.length;
    const ident: Ident = { kind: "Ident", pos, end: whole.length, id: 0, name };
    return new LazyHead(
      go,
      text,
      ident,
      receiver === undefined ? null : (RECEIVER.exec(receiver)?.[1] ?? ""),
    );
  }

  read(): { readonly head: FuncHead; readonly ids: number } {
    if (this.found === null) {
      let ids = 1; // 0 is the name
      const wanted = this.receiverName === null ? "function_declaration" : "method_declaration";
      const convert = (cx: Conversion): FuncHead => {
        const converted = convertFuncHead(cx, this.name);
        ids = cx.nextId;
        return converted;
      };
      const head = convertTop(this.go, this.text, wanted, convert, 0, this.text, ids) ?? this.unread(ids++);
      this.found = { head, ids };
    }
    return this.found;
  }

  /** What a head that the parser could not make sense of counts as: a function of nothing. */
  private unread(id: number): FuncHead {
    const at = this.text.length;
    const params: FieldList = { kind: "FieldList", pos: at, end: at, id, fields: [] };
    const type: FuncType = { kind: "FuncType", pos: 0, end: at, id, typeParams: null, params, results: null };
    return { recv: this.receiverName === null ? null : params, name: this.name, type };
  }
}

const HEAD = /^func\s*(?:\(([^)]*)\)\s*)?([\p{L}_][\p{L}\p{Nd}_]*)/u;
const RECEIVER = /^\s*(?:[\p{L}_][\p{L}\p{Nd}_]*\s+)?[*(\s]*([\p{L}_][\p{L}\p{Nd}_]*)/u;

/** A function declaration whose head and body are read when they are first asked for. */
class FunctionDecl implements FuncDecl {
  readonly kind = "FuncDecl";
  readonly pos = 0;
  readonly end: number;
  readonly name: Ident;
  readonly receiverName: string | null;
  private readonly head: LazyHead;
  private readonly go: GoParser;
  private bodyText: string | null;
  private block: BlockStmt | null = null;
  private bodyIds = 0;

  private constructor(go: GoParser, head: LazyHead, source: string, bodyAt: number) {
    this.go = go;
    this.end = source.length;
    this.head = head;
    this.name = head.name;
    this.receiverName = head.receiverName;
    this.bodyText = bodyAt < 0 ? null : source.slice(bodyAt);
  }

  /** Finds the function's name, or takes the head over from a function with the same; null where there is none. */
  static read(
    go: GoParser,
    source: string,
    bodyAt: number,
    sameHead: FunctionDecl | null,
  ): FunctionDecl | null {
    const head = sameHead?.head ?? LazyHead.of(go, bodyAt < 0 ? source : source.slice(0, bodyAt));
    return head === null ? null : new FunctionDecl(go, head, source, bodyAt);
  }

  /** The text before the body. */
  get headText(): string {
    return this.head.text;
  }

  get id(): number {
    return this.head.read().ids;
  }

  get recv(): FieldList | null {
    return this.head.read().head.recv;
  }

  get type(): FuncType {
    return this.head.read().head.type;
  }

  get idCount(): number {
    return this.id + 1 + this.bodyIds;
  }

  get body(): BlockStmt | null {
    if (this.bodyText !== null) {
      const text = this.bodyText;
      const first = this.idCount;
      const { block, ids } = convertBody(this.go, text, this.end - text.length, first);
      this.block = block;
      this.bodyIds = ids - first;
      this.bodyText = null;
    }
    return this.block;
  }
}

/** What makes a bare block a statement that the grammar reads at the top of a file. */
const PREFIX = "func _()";

function convertBody(
  go: GoParser,
  text: string,
  at: number,
  firstId: number,
): { block: BlockStmt; ids: number } {
  const convert = (cx: Conversion): { block: BlockStmt; ids: number } => {
    const block = convertBlock(cx);
    return { block, ids: cx.nextId };
  };
  // Offsets in the declaration: the body's text is laid where the body stands.
  const whole = " ".repeat(at) + text;
  const found = convertTop(go, PREFIX + text, "block", convert, at - PREFIX.length, whole, firstId);
  const empty = { kind: "BlockStmt", pos: at, end: at + text.length, id: firstId, list: [] } as const;
  return found ?? { block: empty, ids: firstId + 1 };
}

/** The places of a declaration that the grammar could not read, relative to it. */
function faultsOf(go: GoParser, decl: Decl, source: string): readonly SyntaxFault[] {
  const known = go.faults.get(decl);
  if (known !== undefined) return known;
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
