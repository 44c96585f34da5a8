/**
 * Cuts the text of a Go file into its top-level declarations with a small lexer, before any parsing.
 *
 * Each declaration is then parsed on its own, so a fault in one cannot reach another, and a declaration
 * whose text an edit leaves alone need not be looked at again. The lexer knows brackets, strings, comments
 * and where Go inserts semicolons, and nothing else. Reading the declarations is `parse.ts`.
 */

/** The keyword that a piece of the file begins with; `other` is text that is no declaration. */
export type ChunkKind = "package" | "import" | "const" | "type" | "var" | "func" | "other";

/** A piece of a file: one top-level declaration, without the comments around it. Absolute offsets. */
export interface Chunk {
  readonly kind: ChunkKind;
  readonly start: number;
  readonly end: number;
  /** Where the body of a function opens; -1 where it has none. */
  readonly body: number;
}

const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const APOSTROPHE = 39;
const STAR = 42;
const SLASH = 47;
const SEMICOLON = 59;
const BACKSLASH = 92;
const BACKQUOTE = 96;
const BYTE_ORDER_MARK = 0xfeff;
/** Stands for the last character of any word or number. */
const WORD = 97;

/** True for characters that may stand in an identifier; everything beyond ASCII counts as one. */
export function isWordChar(c: number): boolean {
  return c >= 0x80
    ? c !== BYTE_ORDER_MARK
    : (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || (c >= 48 && c <= 57);
}

/** The offset after the string, rune or comment that opens at `at`; `at` itself where none does. */
export function skipToken(text: string, at: number, limit: number): number {
  const c = text.charCodeAt(at);
  if (c === BACKQUOTE) {
    const close = text.indexOf("`", at + 1);
    return close < 0 || close >= limit ? limit : close + 1;
  }
  if (c === QUOTE || c === APOSTROPHE) {
    let i = at + 1;
    while (i < limit) {
      const d = text.charCodeAt(i);
      if (d === c) return i + 1;
      if (d === NEWLINE) return i;
      i += d === BACKSLASH ? 2 : 1;
    }
    return limit;
  }
  if (c === SLASH && at + 1 < limit) {
    const next = text.charCodeAt(at + 1);
    if (next === SLASH) {
      const close = text.indexOf("\n", at);
      return close < 0 || close > limit ? limit : close;
    }
    if (next === STAR) {
      const close = text.indexOf("*/", at + 2);
      return close < 0 || close + 2 > limit ? limit : close + 2;
    }
  }
  return at;
}

const keywords: ReadonlyMap<string, ChunkKind> = new Map([
  ["package", "package"],
  ["import", "import"],
  ["const", "const"],
  ["type", "type"],
  ["var", "var"],
  ["func", "func"],
]);

/** The declaration keyword at `at`, or null. */
function keywordAt(text: string, at: number): ChunkKind | null {
  switch (text.charCodeAt(at)) {
    case 99: // c
    case 102: // f
    case 105: // i
    case 112: // p
    case 116: // t
    case 118: {
      // v
      let end = at + 1;
      while (isWordChar(text.charCodeAt(end))) end++;
      return end - at <= 7 ? (keywords.get(text.slice(at, end)) ?? null) : null;
    }
    default:
      return null;
  }
}

/** True where the `func` at `at` can only be a declaration: it has a name, which a literal never has. */
function isNamedFunc(text: string, at: number, limit: number): boolean {
  let i = at + 4;
  while (text.charCodeAt(i) === SPACE) i++;
  if (i > at + 4 && isWordChar(text.charCodeAt(i))) return true;
  if (text.charCodeAt(i) !== 40) return false;
  const close = text.indexOf(")", i);
  if (close < 0 || close >= limit) return false;
  i = close + 1;
  while (text.charCodeAt(i) === SPACE) i++;
  if (!isWordChar(text.charCodeAt(i))) return false;
  while (isWordChar(text.charCodeAt(i))) i++;
  return text.charCodeAt(i) === 40;
}

/**
 * The pieces of `text`, in order.
 *
 * Where brackets do not balance, the next line that starts a named function in its first column starts a new
 * piece; within the unbalanced piece, every declaration keyword in the first column does.
 */
export function chunksOf(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  scan(text, 0, text.length, false, chunks);
  return chunks;
}

/** One pass over the text; the state is in plain variables, as this loop sees every character. */
function scan(text: string, from: number, limit: number, broken: boolean, out: Chunk[]): void {
  let kind: ChunkKind = "other";
  let start = -1; // of the piece being read; -1 between pieces
  let end = from; // of its last token
  let body = -1;
  let depth = 0;
  let fresh = true; // at the start of a line, or after a semicolon
  let last = 0; // last character of the token before
  let braceType = false; // the token before was `struct` or `interface`
  let i = from;

  while (i < limit) {
    const c = text.charCodeAt(i);
    if (c <= SPACE || c === BYTE_ORDER_MARK) {
      if (c === NEWLINE) fresh = true;
      i++;
      continue;
    }
    if (isWordChar(c)) {
      if (start < 0 || (fresh && (depth === 0 || isLineStart(text, i)))) {
        const keyword = fresh || start < 0 ? keywordAt(text, i) : null;
        if (keyword !== null && start >= 0) {
          const balanced = depth === 0;
          const ends = balanced
            ? keyword !== "func" || endsStatement(last)
            : keyword === "func"
              ? isNamedFunc(text, i, limit)
              : broken;
          if (ends) {
            finishPiece(text, { kind, start, end, body }, balanced || broken, out);
            start = -1;
            depth = 0;
          }
        }
        if (start < 0) {
          kind = keyword ?? "other";
          start = i;
          body = -1;
        }
      }
      const word = i++;
      while (i < limit && isWordChar(text.charCodeAt(i))) i++;
      braceType =
        depth === 0 &&
        ((i - word === 6 && text.startsWith("struct", word)) ||
          (i - word === 9 && text.startsWith("interface", word)));
      last = WORD;
      end = i;
      fresh = false;
      continue;
    }
    if (c === QUOTE || c === APOSTROPHE || c === BACKQUOTE || c === SLASH) {
      const after = skipToken(text, i, limit);
      if (after > i) {
        if (c === SLASH) {
          // A comment over several lines counts as the end of a line.
          if (text.charCodeAt(i + 1) === STAR && !fresh) fresh = text.slice(i, after).includes("\n");
          i = after;
          continue;
        }
        if (start < 0) {
          kind = "other";
          start = i;
          body = -1;
        }
        last = c;
        end = after;
        fresh = false;
        braceType = false;
        i = after;
        continue;
      }
    }
    if (c === SEMICOLON && depth === 0) {
      if (start >= 0) finishPiece(text, { kind, start, end, body }, true, out);
      start = -1;
      fresh = true;
      last = 0;
      i++;
      continue;
    }
    if (start < 0) {
      kind = "other";
      start = i;
      body = -1;
    }
    if (c === 40 || c === 91 || c === 123) {
      if (c === 123 && depth === 0 && !braceType && kind === "func" && body < 0) body = i;
      depth++;
    } else if ((c === 41 || c === 93 || c === 125) && depth > 0) depth--;
    braceType = false;
    last = c;
    fresh = false;
    i++;
    end = i;
  }
  if (start >= 0) finishPiece(text, { kind, start, end, body }, depth === 0 || broken, out);
}

/** Adds a piece; one whose brackets do not balance is cut again, at every keyword in the first column. */
function finishPiece(text: string, piece: Chunk, whole: boolean, out: Chunk[]): void {
  if (whole) out.push(piece);
  else scan(text, piece.start, piece.end, true, out);
}

function isLineStart(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text.charCodeAt(at - 1);
  return before === NEWLINE || before === BYTE_ORDER_MARK;
}

/** True where Go would insert a semicolon after a token that ends with this character. */
function endsStatement(last: number): boolean {
  return (
    last === WORD ||
    last === QUOTE ||
    last === APOSTROPHE ||
    last === BACKQUOTE ||
    last === 41 ||
    last === 93 ||
    last === 125
  );
}

/**
 * The text of a piece as the grammar can read it: the same length, with the constructs of valid Go that the
 * grammar does not know spelt in a way that it does. Names are still taken from the original text.
 *
 * `new(expr)` (Go 1.26) and calls of a function named `make` become ordinary calls, and one-line groups (`const ( A = 1 )`) get the terminator
 * that the grammar insists on, or lose their parentheses. Where a block follows a block, the semicolon that Go sees
 * between them is written: the grammar would take `if a != b.C {` and the block after it for a literal of type
 * `b.C` and the body of the `if`.
 */
export function readable(text: string): string {
  let out = text;
  for (let at = out.indexOf("new("); at >= 0; at = out.indexOf("new(", at + 4)) {
    if (!isNameEnd(out, at) && isValueStart(out, at + 4)) out = `${out.slice(0, at)}_${out.slice(at + 1)}`;
  }
  for (let at = out.indexOf("make("); at >= 0; at = out.indexOf("make(", at + 5)) {
    if (!isNameEnd(out, at) && isOwnMake(out, at + 5)) out = `${out.slice(0, at)}_${out.slice(at + 1)}`;
  }
  if (out.includes("const") || out.includes("var")) {
    out = out.replace(/\b(const|var)([ \t]*)\(([^()\n`"']*(?:"[^"\n]*"[^()\n`"']*)?)\)/g, oneLineGroup);
  }
  // Not where a comment could end in the brace: it would go on over the next line.
  if (/\}[ \t\r]*\n\s*\{/.test(out)) out = out.replace(/^([^\n/]*\}[ \t\r]*)\n(?=\s*\{)/gm, "$1;");
  return out;
}

function oneLineGroup(whole: string, keyword: string, gap: string, inner: string): string {
  if (inner.trim() === "") return whole;
  if (!inner.includes(";")) return `${keyword}${gap} ${inner} `;
  if (/[ \t]$/.test(inner)) return `${keyword}${gap}(${inner.slice(0, -1)};)`;
  return whole;
}

/** True where the name at `at` goes on from the left: `renew(`, `x.new(`. */
function isNameEnd(text: string, at: number): boolean {
  return at > 0 && (isWordChar(text.charCodeAt(at - 1)) || text.charCodeAt(at - 1) === 46);
}

/** True where the operand of `make` that starts at `at` can be no type, so that the name is the program's own. */
function isOwnMake(text: string, at: number): boolean {
  return /^\s*(?:\)|["'`0-9]|(?!chan\b)[\w.]+\s*[-+/%&|^<>=!])/.test(text.slice(at, at + 80));
}

/**
 * True where the operand of `new` that starts at `at` can be read as an argument of any call: a value, or a type that
 * is a name or a pointer to one.
 */
function isValueStart(text: string, at: number): boolean {
  const start = /^\**/.exec(text.slice(at, at + 40))![0].length + at;
  const c = text.charCodeAt(start);
  if (/^(?:["'`(&!+^-]|<-(?!\s*chan\b))/.test(text.slice(start, start + 12))) return true;
  if (isWordChar(c) && !/^(?:map|func|chan|struct|interface)\b/.test(text.slice(start, start + 10)))
    return true;
  return isLiteralOrConversion(text, start);
}

/** True where what starts at `at` with a type goes on: in braces that are not the type's own, or in parentheses that are no function's. */
function isLiteralOrConversion(text: string, at: number): boolean {
  let depth = 0;
  let word = "";
  for (let i = at; i < text.length; i++) {
    const after = skipToken(text, i, text.length);
    if (after > i) {
      i = after - 1;
      continue;
    }
    const c = text[i]!;
    if (isWordChar(text.charCodeAt(i))) {
      word = /^[\p{L}\p{Nd}_]*/u.exec(text.slice(i, i + 200))![0] || c;
      i += word.length - 1;
    } else if (c === "(" || c === "[" || c === "{") {
      if (depth === 0 && c === "{" && word !== "struct" && word !== "interface") return true;
      if (depth === 0 && c === "(" && word !== "func" && word !== ")") return true;
      depth++;
    } else if (c === ")" || c === "]" || c === "}") {
      if (depth === 0) return false;
      depth--;
      word = c;
    } else if (depth === 0 && c === ",") return false;
  }
  return false;
}
