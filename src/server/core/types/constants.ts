/**
 * Values of constants: literals, operators and conversions between kinds.
 *
 * Integers are exact; floating-point and complex values are kept in doubles, which is exact enough for the
 * types of Go programs (a float constant that is an integer is exact far beyond 2^53 only when it is a power of
 * two or ten of moderate size). Strings are JavaScript strings in which a byte that is no UTF-8 stands as the
 * lone surrogate U+DC80 + byte.
 */
import type { BasicLit } from "../syntax/ast.ts";
import type { Complex, ConstValue } from "./objects.ts";
import type { Basic, Type } from "./types.ts";
import { BOOLEAN, COMPLEX, FLOAT, INTEGER, STRING, UNSIGNED, UNTYPED } from "./universe.ts";

/** The value of a literal; null where it is malformed. */
export function literalValue(lit: BasicLit): ConstValue {
  const text = lit.value.replaceAll("_", "");
  switch (lit.lit) {
    case "INT":
      return parseInteger(text);
    case "FLOAT":
      return parseFloating(text);
    case "IMAG": {
      const digits = text.slice(0, -1);
      const im = /^0[xX]/.test(digits) || /[.eE]/.test(digits) ? parseFloating(digits) : Number(digits);
      return im === null || Number.isNaN(im) ? null : { re: 0, im };
    }
    case "CHAR": {
      const s = unquote(lit.value);
      if (s === null || s === "") return null;
      const code = s.codePointAt(0) ?? 0;
      return BigInt(code >= 0xdc80 && code <= 0xdcff && s.length === 1 ? code - 0xdc00 : code);
    }
    case "STRING":
      return unquote(lit.value);
  }
}

function parseInteger(text: string): bigint | null {
  const spelt = /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text.toLowerCase();
  try {
    return BigInt(spelt);
  } catch {
    return null; // a malformed literal of a half-typed file
  }
}

function parseFloating(text: string): number | null {
  const hex = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(text);
  if (hex !== null) {
    const [, whole = "", fraction = "", exponent = "0"] = hex;
    const digits = whole + fraction;
    if (digits === "") return null;
    return scale(Number(BigInt(`0x${digits}`)), Number(exponent) - 4 * fraction.length);
  }
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}

/** `x * 2**exponent` without an overflow on the way. */
function scale(x: number, exponent: number): number {
  let out = x;
  let left = exponent;
  while (left > 1000) {
    out *= 2 ** 1000;
    left -= 1000;
  }
  while (left < -1000) {
    out *= 2 ** -1000;
    left += 1000;
  }
  return out * 2 ** left;
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** The text of a quoted string or rune; null where it is malformed. */
export function unquote(quoted: string): string | null {
  if (quoted.length < 2) return null;
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith("`")) return inner.replaceAll("\r", "");
  if (!inner.includes("\\")) return inner;
  let bytes: number[] | null = null; // bytes written as escapes, waiting to be read as UTF-8
  let out = "";
  const flush = (): void => {
    if (bytes === null) return;
    out += decodeBytes(bytes);
    bytes = null;
  };
  for (let i = 0; i < inner.length; i++) {
    const c = inner[i]!;
    if (c !== "\\") {
      flush();
      out += c;
      continue;
    }
    const e = inner[++i] ?? "";
    const simple = SIMPLE[e];
    if (simple !== undefined) {
      flush();
      out += simple;
    } else if (e === "x") {
      bytes ??= [];
      bytes.push(Number.parseInt(inner.slice(i + 1, i + 3), 16));
      i += 2;
    } else if (e >= "0" && e <= "7") {
      bytes ??= [];
      bytes.push(Number.parseInt(inner.slice(i, i + 3), 8) & 0xff);
      i += 2;
    } else if (e === "u" || e === "U") {
      flush();
      const length = e === "u" ? 4 : 8;
      const code = Number.parseInt(inner.slice(i + 1, i + 1 + length), 16);
      if (Number.isNaN(code) || code > 0x10ffff) return null;
      out += String.fromCodePoint(code);
      i += length;
    } else return null;
  }
  flush();
  return out;
}

/** Bytes as text; those that are no UTF-8 as lone surrogates. */
function decodeBytes(bytes: readonly number[]): string {
  let out = "";
  for (let i = 0; i < bytes.length; ) {
    const b = bytes[i]!;
    const length =
      b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;
    let code = length === 1 ? b : b & (0x7f >> length);
    let whole = length > 0 && i + length <= bytes.length;
    for (let j = 1; whole && j < length; j++) {
      const next = bytes[i + j]!;
      if ((next & 0xc0) !== 0x80) whole = false;
      code = (code << 6) | (next & 0x3f);
    }
    if (whole && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) {
      out += String.fromCodePoint(code);
      i += length;
    } else {
      out += String.fromCharCode(0xdc00 + b);
      i++;
    }
  }
  return out;
}

/** The length of a constant string in bytes. */
export function byteLength(s: string): number {
  let n = 0;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c < 0x80) n += 1;
    else if (c < 0x800) n += 2;
    else if (c >= 0xd800 && c <= 0xdbff && i + 1 < s.length) {
      n += 4;
      i++;
    } else if (c >= 0xdc80 && c <= 0xdcff) n += 1;
    else n += 3;
  }
  return n;
}

export function isComplex(v: ConstValue): v is Complex {
  return typeof v === "object" && v !== null;
}

function toNumber(v: ConstValue): number | null {
  if (typeof v === "number") return v;
  if (typeof v === "bigint") return Number(v);
  return isComplex(v) && v.im === 0 ? v.re : null;
}

/** The value as an integer, where it is one. */
export function toInteger(v: ConstValue): bigint | null {
  if (typeof v === "bigint") return v;
  const n = toNumber(v);
  return n !== null && Number.isFinite(n) && Number.isInteger(n) ? BigInt(n) : null;
}

function toComplex(v: ConstValue): Complex | null {
  if (isComplex(v)) return v;
  const n = toNumber(v);
  return n === null ? null : { re: n, im: 0 };
}

const SIZES: Readonly<Record<string, number>> = {
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64,
  int: 64,
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 64,
  uint: 64,
  uintptr: 64,
};

/** The value as a value of basic type `t`; undefined where it cannot be represented, null where it is unknown. */
export function represent(v: ConstValue, t: Basic): ConstValue | undefined {
  if (v === null) return null;
  if ((t.flags & BOOLEAN) !== 0) return typeof v === "boolean" ? v : undefined;
  if ((t.flags & STRING) !== 0) return typeof v === "string" ? v : undefined;
  if (typeof v === "boolean" || typeof v === "string") return undefined;
  if ((t.flags & INTEGER) !== 0) {
    const n = toInteger(v);
    if (n === null) return undefined;
    if ((t.flags & UNTYPED) !== 0) return n;
    const bits = SIZES[t.canonical] ?? 64;
    const fits = (t.flags & UNSIGNED) !== 0 ? BigInt.asUintN(bits, n) === n : BigInt.asIntN(bits, n) === n;
    return fits ? n : undefined;
  }
  if ((t.flags & FLOAT) !== 0) {
    if ((t.flags & UNTYPED) !== 0) return typeof v === "bigint" ? v : (toNumber(v) ?? undefined);
    const n = toNumber(v);
    if (n === null) return undefined;
    return t.canonical === "float32" ? Math.fround(n) : n;
  }
  if ((t.flags & COMPLEX) !== 0) return toComplex(v) ?? undefined;
  return undefined;
}

/** The value of `x op y`; null where it cannot be told (division by zero among them). */
export function binaryValue(op: string, x: ConstValue, y: ConstValue, integer: boolean): ConstValue {
  if (x === null || y === null) return null;
  if (typeof x === "boolean" && typeof y === "boolean")
    return op === "&&" ? x && y : op === "||" ? x || y : null;
  if (typeof x === "string" && typeof y === "string") return op === "+" ? x + y : null;
  if (typeof x === "bigint" && typeof y === "bigint") return integerOp(op, x, y, integer);
  if (isComplex(x) || isComplex(y)) {
    const a = toComplex(x);
    const b = toComplex(y);
    return a === null || b === null ? null : complexOp(op, a, b);
  }
  const a = toNumber(x);
  const b = toNumber(y);
  if (a === null || b === null) return null;
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0 ? null : a / b;
    default:
      return null;
  }
}

function integerOp(op: string, x: bigint, y: bigint, integer: boolean): ConstValue {
  switch (op) {
    case "+":
      return x + y;
    case "-":
      return x - y;
    case "*":
      return x * y;
    case "/":
      if (y === 0n) return null;
      return integer || x % y === 0n ? x / y : Number(x) / Number(y);
    case "%":
      return y === 0n ? null : x % y;
    case "&":
      return x & y;
    case "|":
      return x | y;
    case "^":
      return x ^ y;
    case "&^":
      return x & ~y;
    default:
      return null;
  }
}

function complexOp(op: string, x: Complex, y: Complex): ConstValue {
  switch (op) {
    case "+":
      return { re: x.re + y.re, im: x.im + y.im };
    case "-":
      return { re: x.re - y.re, im: x.im - y.im };
    case "*":
      return { re: x.re * y.re - x.im * y.im, im: x.re * y.im + x.im * y.re };
    case "/": {
      const d = y.re * y.re + y.im * y.im;
      if (d === 0) return null;
      return { re: (x.re * y.re + x.im * y.im) / d, im: (x.im * y.re - x.re * y.im) / d };
    }
    default:
      return null;
  }
}

/** The value of a comparison; null where it cannot be told. */
export function comparisonValue(op: string, x: ConstValue, y: ConstValue): boolean | null {
  if (x === null || y === null) return null;
  if (isComplex(x) || isComplex(y)) {
    const a = toComplex(x);
    const b = toComplex(y);
    if (a === null || b === null) return null;
    const same = a.re === b.re && a.im === b.im;
    return op === "==" ? same : op === "!=" ? !same : null;
  }
  if (typeof x === "boolean" || typeof y === "boolean")
    return op === "==" ? x === y : op === "!=" ? x !== y : null;
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same value are equal constants
  const same = x == y;
  switch (op) {
    case "==":
      return same;
    case "!=":
      return !same;
    case "<":
      return x < y;
    case "<=":
      return x <= y;
    case ">":
      return x > y;
    case ">=":
      return x >= y;
    default:
      return null;
  }
}

/** The value of `x << s` or `x >> s`; null where it cannot be told or would be enormous. */
export function shiftValue(op: string, x: ConstValue, s: ConstValue): ConstValue {
  const a = toInteger(x);
  const b = toInteger(s);
  if (a === null || b === null || b < 0n || b > 10_000n) return null;
  return op === "<<" ? a << b : a >> b;
}

/** The value of a unary operator for a value of type `t`. */
export function unaryValue(op: string, x: ConstValue, t: Type): ConstValue {
  if (x === null) return null;
  if (op === "!") return typeof x === "boolean" ? !x : null;
  if (typeof x === "boolean" || typeof x === "string") return null;
  if (op === "+") return x;
  if (op === "-") return isComplex(x) ? { re: -x.re, im: -x.im } : -x;
  if (op !== "^" || typeof x !== "bigint") return null;
  if (t.kind === "basic" && (t.flags & UNSIGNED) !== 0) return BigInt.asUintN(SIZES[t.canonical] ?? 64, ~x);
  return ~x;
}
