/** Numbers as bytes: seven bits each, the lowest first, all but the last byte of a number marked. */

/** Collects bytes. */
export class ByteWriter {
  private buffer: Uint8Array;
  private size = 0;

  constructor(expected: number) {
    this.buffer = new Uint8Array(Math.max(64, expected));
  }

  /** Adds a whole number; one below 0 comes back as the same 32 bits. */
  number(value: number): void {
    this.room(5);
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.buffer[this.size++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.size++] = rest;
  }

  /** Adds bytes, their number before them. */
  block(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.room(bytes.length);
    this.buffer.set(bytes, this.size);
    this.size += bytes.length;
  }

  /** What was added. */
  bytes(): Uint8Array {
    return this.buffer.slice(0, this.size);
  }

  private room(more: number): void {
    if (this.size + more <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.size + more));
    grown.set(this.buffer.subarray(0, this.size));
    this.buffer = grown;
  }
}

/** Reads what a {@link ByteWriter} wrote; beyond the end there are zeros. */
export class ByteReader {
  private readonly buffer: Uint8Array;
  private at = 0;

  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
  }

  get isAtEnd(): boolean {
    return this.at >= this.buffer.length;
  }

  /** The next number, as 32 bits with a sign. */
  number(): number {
    let byte = this.buffer[this.at++] ?? 0;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 35; shift += 7) {
      byte = this.buffer[this.at++] ?? 0;
      value |= (byte & 0x7f) << shift;
    }
    return value;
  }

  /** The next block; it shares its memory with the whole. */
  block(): Uint8Array {
    const length = this.number();
    const from = this.at;
    this.at += length;
    return this.buffer.subarray(from, this.at);
  }
}
