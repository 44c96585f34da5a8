/**
 * The text of a file for as long as anybody needs it: of a file of the workspace all the time; of a dependency, whose
 * declarations have copies of what they are read from, only while it is looked at. It is read again when somebody asks.
 */

/** The text of one version of one file. */
export class SourceText {
  /** Reads the text again; null where it is held. */
  private readonly find: (() => string) | null;
  private readonly length: number;
  private readonly held: string;
  private lately: WeakRef<{ readonly text: string }> | null = null;

  constructor(text: string, find: (() => string) | null) {
    this.find = find;
    this.length = text.length;
    this.held = find === null ? text : "";
  }

  /** Whether the text is there without being read again. */
  get isHeld(): boolean {
    return this.find === null;
  }

  /** The text; "" where it is not there any more, or is as long no more: what is known is not of that one. */
  get all(): string {
    if (this.find === null) return this.held;
    const known = this.lately?.deref();
    if (known !== undefined) return known.text;
    const read = this.find();
    const found = { text: read.length === this.length ? read : "" };
    this.lately = new WeakRef(found);
    return found.text;
  }
}

/** A piece of a text, found in it when it is asked for. */
export class TextPiece {
  private readonly source: SourceText;
  private readonly start: number;
  private readonly end: number;

  constructor(source: SourceText, start: number, end: number) {
    this.source = source;
    this.start = start;
    this.end = end;
  }

  get text(): string {
    return this.source.all.slice(this.start, this.end);
  }
}
