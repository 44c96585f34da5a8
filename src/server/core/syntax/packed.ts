/**
 * What parsing a file finds, in few bytes: the pieces it was cut into, and the table of each. Whoever hands a file
 * to core may hand them in too, and it is then read without parsing. They are of one text and good for it alone;
 * keeping them, and knowing which text they are of, is for whoever keeps them.
 */
import { ByteReader, ByteWriter } from "./bytes.ts";
import { type Chunk, type ChunkKind, chunksOf } from "./chunks.ts";
import { bodySource } from "./functions.ts";
import type { OpenTexts } from "./openTexts.ts";
import { type GoParser, readTable } from "./parser.ts";
import { type PackedTable, packTable } from "./table.ts";

/** Changes with whatever is packed: the way of cutting, the tables, the bytes. */
export const PACKED_FORMAT = 2;

/** The tables of one declaration: its own (a function's head), and that of its body; null where not packed. */
interface DeclTables {
  readonly own: PackedTable | null;
  readonly body: PackedTable | null;
}

/** A file that was packed. */
interface PackedFile {
  readonly chunks: readonly Chunk[];
  /** In step with `chunks`. */
  readonly tables: readonly DeclTables[];
}

/** Finds what {@link packFile} made of a text, as often as it is asked; null where it is not (or no longer) there. */
export type FindPacked = () => Uint8Array | null;

/** What was packed of a text. It is closed once others were opened, and found again: most is read once. */
export class PackedText {
  private readonly find: FindPacked;
  private readonly length: number;
  private readonly open: OpenTexts;
  private opened: PackedFile | null = null;

  /** `length` is that of the text. */
  constructor(find: FindPacked, length: number, open: OpenTexts) {
    this.find = find;
    this.length = length;
    this.open = open;
  }

  /** Null where it is not there, or not of a text like this. */
  file(): PackedFile | null {
    if (this.opened !== null) return this.opened;
    const packed = this.find();
    this.opened = packed === null ? null : openPacked(packed, this.length);
    if (this.opened !== null) this.open.add(this);
    return this.opened;
  }

  close(): void {
    this.opened = null;
  }
}

/** The declaration at a place of a text that was packed. */
export class PackedDecl {
  private readonly text: PackedText;
  private readonly at: number;

  constructor(text: PackedText, at: number) {
    this.text = text;
    this.at = at;
  }

  get own(): PackedTable | null {
    return this.text.file()?.tables[this.at]?.own ?? null;
  }

  get body(): PackedTable | null {
    return this.text.file()?.tables[this.at]?.body ?? null;
  }
}

const KINDS: readonly ChunkKind[] = ["package", "import", "const", "type", "var", "func", "other"];

/** Packs the declarations of a file, and the bodies of its functions where they are wanted. */
export function packFile(go: GoParser, text: string, bodies: boolean): Uint8Array {
  const chunks = chunksOf(text);
  const out = new ByteWriter(text.length);
  out.number(text.length);
  out.number(chunks.length);
  const pack = (source: string): PackedTable => packTable(go.reader, readTable(go, source));
  let before = 0;
  for (const { kind, start, end, body } of chunks) {
    out.number(KINDS.indexOf(kind));
    out.number(start - before);
    out.number(end - start);
    out.number(body < 0 ? 0 : body - start);
    before = start;
    const isRead = kind !== "package" && kind !== "other";
    out.block(isRead ? pack(text.slice(start, body < 0 ? end : body)) : NOTHING);
    out.block(isRead && bodies && body >= 0 ? pack(bodySource(text.slice(body, end))) : NOTHING);
  }
  return out.bytes();
}

const NOTHING = new Uint8Array(0);

/** Opens what {@link packFile} made; null where it was made of a text of another length. */
function openPacked(packed: Uint8Array, length: number): PackedFile | null {
  const input = new ByteReader(packed);
  if (input.number() !== length) return null;
  const chunks: Chunk[] = [];
  const tables: DeclTables[] = [];
  let start = 0;
  for (let left = input.number(); left > 0 && !input.isAtEnd; left--) {
    const kind = KINDS[input.number()] ?? "other";
    start += input.number();
    const end = start + input.number();
    const body = input.number();
    chunks.push({ kind, start, end, body: body === 0 ? -1 : start + body });
    const [own, inner] = [input.block(), input.block()];
    tables.push({ own: own.length > 0 ? own : null, body: inner.length > 0 ? inner : null });
  }
  return { chunks, tables };
}
