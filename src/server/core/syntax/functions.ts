/**
 * Functions, whose heads and bodies are read when they are first asked for: a dependency's bodies never are, and
 * versions of a function that differ in the body only share the head.
 */
import type { BlockStmt, FieldList, FuncDecl, FuncType, FunctionHead, Ident } from "./ast.ts";
import { type Conversion, exact, NONE } from "./cursor.ts";
import { convertFuncHead, type FuncHead } from "./declarations.ts";
import type { PackedDecl } from "./packed.ts";
import { type GoParser, NO_NAMES, pieceOf, readPiece } from "./parser.ts";
import { TextPiece } from "./sourceText.ts";
import { convertBlock } from "./statements.ts";

/**
 * The head of a function, read when it is first asked for; versions with the same head share it. It goes when nobody
 * holds it and is read again, as bodies are. The names that it declares stay: objects are known by them.
 */
class LazyHead {
  readonly text: string;
  readonly name: Ident;
  readonly receiverName: string | null;
  private readonly go: GoParser;
  private readonly packed: PackedDecl | null;
  private found: WeakRef<FuncHead> | null = null;
  /** A head that declares more than parameters stays. */
  private kept: FuncHead | null = null;
  private declared: readonly Ident[] = NONE;
  private idCount = 0;
  private isSound = false;

  private constructor(
    go: GoParser,
    text: string,
    packed: PackedDecl | null,
    name: Ident,
    receiverName: string | null,
  ) {
    this.go = go;
    this.text = text;
    this.packed = packed;
    this.name = name;
    this.receiverName = receiverName;
  }

  /** Finds the name in the text of a head; null where there is none. */
  static of(go: GoParser, text: string, packed: PackedDecl | null): LazyHead | null {
    const match = HEAD.exec(text);
    if (match === null) return null;
    const [whole, receiver, name = ""] = match;
    const pos = whole.length - name.length;
    const ident: Ident = { kind: "Ident", pos, end: whole.length, id: 0, name };
    const receiverName = receiver === undefined ? null : (RECEIVER.exec(receiver)?.[1] ?? "");
    return new LazyHead(go, text, packed, ident, receiverName);
  }

  /** The head, the same one while somebody holds it. */
  read(): FuncHead {
    const known = this.known();
    if (known !== null) return known;
    const head = this.readAgain();
    this.found = new WeakRef(head);
    return head;
  }

  /** The head, for a look at it: nobody is to hold it. */
  glance(): FuncHead {
    return this.known() ?? this.readAgain();
  }

  private known(): FuncHead | null {
    return this.kept ?? this.found?.deref() ?? null;
  }

  private readAgain(): FuncHead {
    let ids = 1; // 0 is the name
    const wanted = this.receiverName === null ? "function_declaration" : "method_declaration";
    const convert = (cx: Conversion): FuncHead => {
      const converted = convertFuncHead(cx, this.name);
      ids = cx.nextId;
      return converted;
    };
    const names = new Map(this.declared.map((name) => [name.id, name]));
    const piece = pieceOf(this.text, this.packed?.own ?? null, ids, names);
    const { node, sound } = readPiece(this.go, piece, wanted, convert);
    const head = node ?? this.unread(ids++);
    if (this.idCount === 0) {
      this.idCount = ids;
      this.isSound = sound && node !== null;
      if (DECLARES_MORE.test(this.text)) this.kept = head;
      else this.declared = exact(declaredBy(head));
    }
    return head;
  }

  /** The number of ids that the head took. */
  get ids(): number {
    if (this.idCount === 0) this.glance();
    return this.idCount;
  }

  /** Whether the grammar could read all of it. */
  get sound(): boolean {
    if (this.idCount === 0) this.glance();
    return this.isSound;
  }

  /** What a head that the parser could not make sense of counts as: a function of nothing. */
  private unread(id: number): FuncHead {
    const at = this.text.length;
    const params: FieldList = { kind: "FieldList", pos: at, end: at, id, fields: [] };
    const type: FuncType = { kind: "FuncType", pos: 0, end: at, id, typeParams: null, params, results: null };
    return { recv: this.receiverName === null ? null : params, name: this.name, type };
  }
}

/** Type parameters of a receiver, and types with fields, methods or parameters of their own, declare names too. */
const DECLARES_MORE = /^func\s*\([^)]*\[|.\bfunc\b|\b(struct|interface)\s*\{\s*[^\s}]/s;

/** The names of a function's receiver and parameters. */
function declaredBy({ recv, type }: FuncHead): Ident[] {
  const lists = [recv, type.typeParams, type.params, type.results];
  return lists.flatMap((list) => list?.fields.flatMap((field) => field.names) ?? []);
}

const HEAD = /^func\s*(?:\(([^)]*)\)\s*)?([\p{L}_][\p{L}\p{Nd}_]*)/u;
const RECEIVER = /^\s*(?:[\p{L}_][\p{L}\p{Nd}_]*\s+)?[*(\s]*([\p{L}_][\p{L}\p{Nd}_]*)/u;

/**
 * A function declaration whose head and body are read when they are first asked for. The body stays for as long as
 * somebody holds it, and is read again after that: what it is then differs in the identity of its nodes alone.
 */
export class FunctionDecl implements FuncDecl {
  readonly kind = "FuncDecl";
  readonly pos = 0;
  readonly end: number;
  readonly name: Ident;
  readonly receiverName: string | null;
  private readonly head: LazyHead;
  private readonly ownBody: string | TextPiece | null;
  private readonly go: GoParser;
  private readonly packed: PackedDecl | null;
  /** The body while it is held; private to walks over the tree, too. */
  #held: BlockStmt | null = null;
  #holders = 0;
  /** Whether anybody else was given the body that is held. */
  #isHandedOut = false;
  private block: WeakRef<BlockStmt> | null = null;
  private bodyIds = 0;
  private bodySound = true;

  private constructor(
    go: GoParser,
    head: LazyHead,
    body: string | TextPiece | null,
    length: number,
    packed: PackedDecl | null,
  ) {
    this.go = go;
    this.end = length;
    this.head = head;
    this.name = head.name;
    this.receiverName = head.receiverName;
    this.ownBody = body;
    this.packed = packed;
  }

  /**
   * Finds the function's name in the text of its head, or takes the head over from a function with the same; null where
   * there is none. `length` is that of head and body.
   */
  static read(
    go: GoParser,
    headText: string,
    body: string | TextPiece | null,
    length: number,
    packed: PackedDecl | null,
    sameHead: FunctionDecl | null,
  ): FunctionDecl | null {
    const head = sameHead?.head ?? LazyHead.of(go, headText, packed);
    return head === null ? null : new FunctionDecl(go, head, body, length, packed);
  }

  get bodyText(): string | null {
    return this.ownBody instanceof TextPiece ? this.ownBody.text : this.ownBody;
  }

  /** False where the grammar could not read all of the function. */
  get isSound(): boolean {
    // A body takes an id at least: one without any was not read yet.
    if (this.bodyIds === 0 && this.ownBody !== null) this.readBody();
    return this.head.sound && this.bodySound;
  }

  /** The text before the body. */
  get headText(): string {
    return this.head.text;
  }

  get id(): number {
    return this.head.ids;
  }

  get recv(): FieldList | null {
    return this.head.read().recv;
  }

  get type(): FuncType {
    return this.head.read().type;
  }

  get idCount(): number {
    return this.id + 1 + this.bodyIds;
  }

  get body(): BlockStmt | null {
    if (this.ownBody === null) return null;
    this.#isHandedOut = true;
    const known = this.#held ?? this.block?.deref();
    if (known !== undefined) return known;
    const block = this.readBody();
    this.block = new WeakRef(block);
    return block;
  }

  readHead(): FunctionHead {
    return this.head.glance();
  }

  holdBody(): BlockStmt | null {
    if (this.ownBody === null) return null;
    this.#holders++;
    if (this.#held !== null) return this.#held;
    this.#held = this.block?.deref() ?? this.readBody();
    this.#isHandedOut = false;
    return this.#held;
  }

  letBodyGo(isInUse: boolean): void {
    if (this.#held === null) return;
    if (isInUse || this.#isHandedOut) this.block = new WeakRef(this.#held);
    if (--this.#holders === 0) this.#held = null;
  }

  private readBody(): BlockStmt {
    const text = this.bodyText ?? "";
    const firstId = this.id + 1;
    const at = this.head.text.length;
    const piece = {
      source: bodySource(text),
      packed: text === "" ? null : (this.packed?.body ?? null),
      shift: at - bodySource("").length,
      firstId,
      known: NO_NAMES,
    };
    const { node, sound } = readPiece(this.go, piece, "block", (cx) => {
      const block = convertBlock(cx);
      return { block, ids: cx.nextId };
    });
    this.bodyIds = (node?.ids ?? firstId + 1) - firstId;
    this.bodySound = sound && node !== null;
    return node?.block ?? { kind: "BlockStmt", pos: at, end: this.end, id: firstId, list: [] };
  }
}

/** What is parsed to read the body of a function: the grammar reads a block at the top of a file after a head only. */
export function bodySource(body: string): string {
  return `func _()${body}`;
}
