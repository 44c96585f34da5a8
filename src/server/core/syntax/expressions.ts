/**
 * Expressions and types from tree-sitter nodes.
 *
 * Decides how the grammar's readings are normalised to Go's: instantiation, conversion and call arrive in
 * several shapes and leave as `IndexExpr` and `CallExpr`; which of them it is takes types to say.
 * Statements are in `statements.ts`, specs and functions in `declarations.ts`.
 */
import type { BasicLit, BlockStmt, CallExpr, CompositeLit, Expr, Ident, IndexExpr } from "./ast.ts";
import {
  badAt,
  badHere,
  type Conversion,
  ERROR,
  endHere,
  enter,
  exact,
  identHere,
  isPlain,
  leave,
  MAX_DEPTH,
  next,
  startHere,
  textHere,
  typeHere,
} from "./cursor.ts";
import { convertBlock } from "./statements.ts";
import {
  addToSignature,
  arrayType,
  chanType,
  emptySignature,
  finishSignature,
  funcType,
  interfaceType,
  mapType,
  structType,
  typeElem,
} from "./typeExpressions.ts";

/** The expression or type under the cursor. */
export function convertExpr(cx: Conversion): Expr {
  if (cx.depth >= MAX_DEPTH) return badHere(cx);
  cx.depth++;
  const x = exprHere(cx);
  cx.depth--;
  return x;
}

function exprHere(cx: Conversion): Expr {
  const type = typeHere(cx);
  switch (type) {
    case "identifier":
    case "type_identifier":
    case "field_identifier":
    case "package_identifier":
    case "blank_identifier":
    case "dot":
    case "nil":
    case "true":
    case "false":
    case "iota":
      return identHere(cx);
    case "interpreted_string_literal":
    case "raw_string_literal":
      return literal(cx, "STRING");
    case "int_literal":
      return literal(cx, "INT");
    case "float_literal":
      return literal(cx, "FLOAT");
    case "imaginary_literal":
      return literal(cx, "IMAG");
    case "rune_literal":
      return literal(cx, "CHAR");
    case "selector_expression":
    case "qualified_type":
      return selector(cx);
    case "call_expression":
      return call(cx);
    case "type_conversion_expression":
      return conversion(cx);
    case "binary_expression":
      return binary(cx);
    case "unary_expression":
      return unary(cx);
    case "index_expression":
    case "type_instantiation_expression":
    case "generic_type":
      return index(cx);
    case "slice_expression":
      return slice(cx);
    case "type_assertion_expression":
      return typeAssert(cx);
    case "parenthesized_expression":
    case "parenthesized_type":
      return wrap(cx, "ParenExpr");
    case "pointer_type":
      return wrap(cx, "StarExpr");
    case "negated_type": {
      const pos = startHere(cx);
      const end = endHere(cx);
      return { kind: "UnaryExpr", pos, end, id: cx.nextId++, op: "~", x: onlyChild(cx) };
    }
    case "composite_literal":
      return composite(cx);
    case "literal_value":
      return elements(cx, null, startHere(cx));
    case "literal_element":
    case "expression_list":
    case "variadic_argument":
      return onlyChild(cx);
    case "func_literal":
      return funcLit(cx);
    case "type_elem":
    case "type_constraint":
      return typeElem(cx);
    case "array_type":
      return arrayType(cx);
    case "slice_type": {
      const pos = startHere(cx);
      const end = endHere(cx);
      return { kind: "ArrayType", pos, end, id: cx.nextId++, len: null, elt: onlyChild(cx) };
    }
    case "implicit_length_array_type": {
      const pos = startHere(cx);
      const end = endHere(cx);
      const elt = onlyChild(cx);
      const dots = { kind: "Ellipsis", pos: pos + 1, end: pos + 4, id: cx.nextId++, elt: null } as const;
      return { kind: "ArrayType", pos, end, id: cx.nextId++, len: dots, elt };
    }
    case "map_type":
      return mapType(cx);
    case "channel_type":
      return chanType(cx);
    case "function_type":
      return funcType(cx);
    case "struct_type":
      return structType(cx);
    case "interface_type":
      return interfaceType(cx);
    default:
      return badHere(cx);
  }
}

/** The named children of the node under the cursor as expressions. */
export function convertExprs(cx: Conversion): readonly Expr[] {
  const out: Expr[] = [];
  if (enter(cx)) {
    do {
      if (!isPlain(cx)) out.push(convertExpr(cx));
    } while (next(cx));
    leave(cx);
  }
  return exact(out);
}

function literal(cx: Conversion, lit: BasicLit["lit"]): BasicLit {
  const pos = startHere(cx);
  const end = endHere(cx);
  return { kind: "BasicLit", pos, end, id: cx.nextId++, lit, value: textHere(cx) };
}

/** The first named child as an expression. */
function onlyChild(cx: Conversion): Expr {
  let found: Expr | null = null;
  if (enter(cx)) {
    do {
      if (!isPlain(cx)) {
        found = convertExpr(cx);
        break;
      }
    } while (next(cx));
    leave(cx);
  }
  return found ?? badHere(cx);
}

function wrap(cx: Conversion, kind: "ParenExpr" | "StarExpr"): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  const x = onlyChild(cx);
  return { kind, pos, end, id: cx.nextId++, x };
}

function selector(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  let x: Expr | null = null;
  let sel: Ident | null = null;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    if (x === null) x = convertExpr(cx);
    else if (typeHere(cx) !== ERROR) sel = identHere(cx);
  } while (next(cx));
  leave(cx);
  x ??= badAt(cx, pos);
  sel ??= { kind: "Ident", pos: end, end, id: cx.nextId++, name: "" };
  return { kind: "SelectorExpr", pos, end, id: cx.nextId++, x, sel };
}

/** Chains of operators lean to the left and can be thousands long: they are walked, not recursed into. */
function binary(cx: Conversion): Expr {
  const levels: { readonly pos: number; readonly end: number }[] = [];
  while (typeHere(cx) === "binary_expression") {
    levels.push({ pos: startHere(cx), end: endHere(cx) });
    enter(cx);
    while (isPlain(cx) && next(cx)) {
      // A comment before the left operand.
    }
  }
  let x = convertExpr(cx);
  for (let level = levels.pop(); level !== undefined; level = levels.pop()) {
    const { pos, end } = level;
    let op = "";
    let y: Expr | null = null;
    while (next(cx)) {
      if (!isPlain(cx)) y ??= convertExpr(cx);
      else if (typeHere(cx) !== "comment") op = typeHere(cx);
    }
    leave(cx);
    x = { kind: "BinaryExpr", pos, end, id: cx.nextId++, op, x, y: y ?? badAt(cx, end) };
  }
  return x;
}

function unary(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  let op = "";
  let x: Expr | null = null;
  enter(cx);
  do {
    if (isPlain(cx)) {
      const token = typeHere(cx);
      if (token !== "comment" && op === "") op = token;
    } else x ??= convertExpr(cx);
  } while (next(cx));
  leave(cx);
  x ??= badAt(cx, end);
  if (op === "*") return { kind: "StarExpr", pos, end, id: cx.nextId++, x };
  return { kind: "UnaryExpr", pos, end, id: cx.nextId++, op: op as "+" | "-" | "!" | "^" | "&" | "<-", x };
}

/** The type arguments, or the call arguments, under the cursor: `(a, b...)`. */
function call(cx: Conversion): CallExpr {
  const pos = startHere(cx);
  const end = endHere(cx);
  let fun: Expr | null = null;
  const args: Expr[] = [];
  let hasEllipsis = false;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    const type = typeHere(cx);
    if (fun === null) fun = convertExpr(cx);
    else if (type === "type_arguments") {
      const indices = convertExprs(cx);
      fun = { kind: "IndexExpr", pos: fun.pos, end: endHere(cx), id: cx.nextId++, x: fun, indices };
    } else if (type === "argument_list") {
      enter(cx);
      do {
        if (isPlain(cx)) continue;
        hasEllipsis = typeHere(cx) === "variadic_argument";
        args.push(convertExpr(cx));
      } while (next(cx));
      leave(cx);
    }
  } while (next(cx));
  leave(cx);
  return {
    kind: "CallExpr",
    pos,
    end,
    id: cx.nextId++,
    fun: fun ?? badAt(cx, pos),
    args: exact(args),
    hasEllipsis,
  };
}

/** `T(x)`. The grammar reads `*T(x)` as a conversion to `*T`; in Go it is what `T(x)` points to. */
function conversion(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  const [type, ...args] = convertExprs(cx);
  const stars: number[] = [];
  let fun = type ?? badAt(cx, pos);
  while (fun.kind === "StarExpr") {
    stars.push(fun.pos);
    fun = fun.x;
  }
  let out: Expr = { kind: "CallExpr", pos: fun.pos, end, id: cx.nextId++, fun, args, hasEllipsis: false };
  for (let star = stars.pop(); star !== undefined; star = stars.pop()) {
    out = { kind: "StarExpr", pos: star, end, id: cx.nextId++, x: out };
  }
  return out;
}

function index(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  let x: Expr | null = null;
  let indices: readonly Expr[] = [];
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    if (x === null) x = convertExpr(cx);
    else if (typeHere(cx) === "type_arguments") indices = convertExprs(cx);
    else indices = [...indices, convertExpr(cx)];
  } while (next(cx));
  leave(cx);
  if (x !== null && x.kind === "UnaryExpr" && x.op === "~") {
    // The grammar binds ~ tighter than the type arguments.
    const inner: IndexExpr = { kind: "IndexExpr", pos: x.x.pos, end, id: cx.nextId++, x: x.x, indices };
    return { kind: "UnaryExpr", pos, end, id: cx.nextId++, op: "~", x: inner };
  }
  return { kind: "IndexExpr", pos, end, id: cx.nextId++, x: x ?? badAt(cx, pos), indices };
}

function slice(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  let x: Expr | null = null;
  const bounds: [Expr | null, Expr | null, Expr | null] = [null, null, null];
  let colons = 0;
  enter(cx);
  do {
    if (isPlain(cx)) {
      if (typeHere(cx) === ":") colons++;
    } else if (x === null) x = convertExpr(cx);
    else if (colons < 3) bounds[colons] = convertExpr(cx);
  } while (next(cx));
  leave(cx);
  const [low, high, max] = bounds;
  return { kind: "SliceExpr", pos, end, id: cx.nextId++, x: x ?? badAt(cx, pos), low, high, max };
}

function typeAssert(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  const [x, type] = convertExprs(cx);
  return {
    kind: "TypeAssertExpr",
    pos,
    end,
    id: cx.nextId++,
    x: x ?? badAt(cx, pos),
    type: type ?? badAt(cx, end),
  };
}

function composite(cx: Conversion): CompositeLit {
  const pos = startHere(cx);
  let type: Expr | null = null;
  let lit: CompositeLit | null = null;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    if (type === null) type = convertExpr(cx);
    else if (typeHere(cx) === "literal_value") lit = elements(cx, type, pos);
  } while (next(cx));
  leave(cx);
  return lit ?? { kind: "CompositeLit", pos, end: endHere(cx), id: cx.nextId++, type, elts: [] };
}

/** The `literal_value` under the cursor, of a literal that starts at `pos`. */
function elements(cx: Conversion, type: Expr | null, pos: number): CompositeLit {
  const end = endHere(cx);
  const elts: Expr[] = [];
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    if (typeHere(cx) === "keyed_element") {
      const start = startHere(cx);
      const stop = endHere(cx);
      const [key, value] = convertExprs(cx);
      elts.push({
        kind: "KeyValueExpr",
        pos: start,
        end: stop,
        id: cx.nextId++,
        key: key ?? badAt(cx, start),
        value: value ?? badAt(cx, stop),
      });
    } else elts.push(convertExpr(cx));
  } while (next(cx));
  leave(cx);
  return { kind: "CompositeLit", pos, end, id: cx.nextId++, type, elts: exact(elts) };
}

function funcLit(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  const parts = emptySignature(pos);
  let body: BlockStmt | null = null;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    if (typeHere(cx) === "block") body = convertBlock(cx);
    else addToSignature(cx, parts);
  } while (next(cx));
  leave(cx);
  const type = finishSignature(cx, parts);
  body ??= { kind: "BlockStmt", pos: end, end, id: cx.nextId++, list: [] };
  return { kind: "FuncLit", pos, end, id: cx.nextId++, type, body };
}
