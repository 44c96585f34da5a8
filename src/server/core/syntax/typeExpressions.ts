/**
 * Type expressions from tree-sitter nodes: signatures and parameters, structs, interfaces, arrays, maps,
 * channels and unions. Names, instantiations and pointers are read with expressions, as they look alike.
 */
import type { ChanType, Expr, Field, FieldList, FuncType, Ident } from "./ast.ts";
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
  NONE,
  next,
  startHere,
  textHere,
  typeHere,
} from "./cursor.ts";
import { convertExpr, convertExprs } from "./expressions.ts";

export function typeElem(cx: Conversion): Expr {
  const terms = convertExprs(cx);
  let out = terms[0] ?? badHere(cx);
  for (const y of terms.slice(1)) {
    out = { kind: "BinaryExpr", pos: out.pos, end: y.end, id: cx.nextId++, op: "|", x: out, y };
  }
  return out;
}

export function arrayType(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  const [len, elt] = convertExprs(cx);
  return {
    kind: "ArrayType",
    pos,
    end,
    id: cx.nextId++,
    len: len ?? badAt(cx, pos),
    elt: elt ?? badAt(cx, end),
  };
}

export function mapType(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  const [key, value] = convertExprs(cx);
  return {
    kind: "MapType",
    pos,
    end,
    id: cx.nextId++,
    key: key ?? badAt(cx, pos),
    value: value ?? badAt(cx, end),
  };
}

export function chanType(cx: Conversion): ChanType {
  const pos = startHere(cx);
  const end = endHere(cx);
  let dir: ChanType["dir"] = "both";
  let seen = false;
  let value: Expr | null = null;
  enter(cx);
  do {
    const token = typeHere(cx);
    if (token === "chan") seen = true;
    else if (token === "<-") dir = seen ? "send" : "recv";
    else if (!isPlain(cx)) value ??= convertExpr(cx);
  } while (next(cx));
  leave(cx);
  return leftmostArrow(cx, {
    kind: "ChanType",
    pos,
    end,
    id: cx.nextId++,
    dir,
    value: value ?? badAt(cx, end),
  });
}

/** `chan <-chan T`: the arrow belongs to the leftmost `chan` that can have it; the grammar gives it to the next. */
function leftmostArrow(cx: Conversion, t: ChanType): ChanType {
  const { value } = t;
  if (t.dir !== "both" || value.kind !== "ChanType" || value.dir !== "recv") return t;
  const pos = cx.text.indexOf("chan", value.pos - cx.shift) + cx.shift;
  return { ...t, dir: "send", value: leftmostArrow(cx, { ...value, pos, dir: "both" }) };
}

/** The signature in the children of the node under the cursor; `pos` is where `func` or the parameters start. */
export function funcType(cx: Conversion): FuncType {
  const signature = emptySignature(startHere(cx));
  enter(cx);
  do {
    if (!isPlain(cx)) addToSignature(cx, signature);
  } while (next(cx));
  leave(cx);
  return finishSignature(cx, signature);
}

/** A signature under construction. */
export interface SignatureParts {
  pos: number;
  end: number;
  typeParams: FieldList | null;
  params: FieldList | null;
  results: FieldList | null;
}

/** A signature that starts at `pos` and has no parts yet. */
export function emptySignature(pos: number): SignatureParts {
  return { pos, end: pos, typeParams: null, params: null, results: null };
}

/** Adds the part under the cursor: parameters first, then results. */
export function addToSignature(cx: Conversion, to: SignatureParts): void {
  const type = typeHere(cx);
  if (type === ERROR) return;
  if (type === "type_parameter_list") to.typeParams = convertParams(cx);
  else if (to.params === null) to.params = type === "parameter_list" ? convertParams(cx) : null;
  else if (type === "parameter_list") to.results = convertParams(cx);
  else {
    const result = convertExpr(cx);
    const { pos, end } = result;
    const field: Field = { kind: "Field", pos, end, id: cx.nextId++, names: NONE, type: result, tag: "" };
    to.results = { kind: "FieldList", pos, end, id: cx.nextId++, fields: [field] };
  }
  to.end = endHere(cx);
}

/** The signature that the parts make. */
export function finishSignature(cx: Conversion, parts: SignatureParts): FuncType {
  const { pos, end, typeParams, results } = parts;
  const params = parts.params ?? { kind: "FieldList", pos: end, end, id: cx.nextId++, fields: [] };
  return { kind: "FuncType", pos, end, id: cx.nextId++, typeParams, params, results };
}

/** The parameters, results or type parameters under the cursor. */
export function convertParams(cx: Conversion): FieldList {
  const pos = startHere(cx);
  const end = endHere(cx);
  const fields: Field[] = [];
  if (enter(cx)) {
    do {
      switch (typeHere(cx)) {
        case "parameter_declaration":
        case "type_parameter_declaration":
        case "variadic_parameter_declaration":
          fields.push(parameter(cx));
      }
    } while (next(cx));
    leave(cx);
  }
  return { kind: "FieldList", pos, end, id: cx.nextId++, fields: exact(withNames(fields)) };
}

function parameter(cx: Conversion): Field {
  const pos = startHere(cx);
  const end = endHere(cx);
  const names: Ident[] = [];
  let dots = -1;
  let type: Expr | null = null;
  enter(cx);
  do {
    const kind = typeHere(cx);
    if (kind === "...") dots = startHere(cx);
    else if (isPlain(cx)) continue;
    else if (kind === "identifier" && dots < 0) names.push(identHere(cx));
    else type ??= convertExpr(cx);
  } while (next(cx));
  leave(cx);
  type ??= badAt(cx, end);
  if (dots >= 0) type = { kind: "Ellipsis", pos: dots, end, id: cx.nextId++, elt: type };
  return { kind: "Field", pos, end, id: cx.nextId++, names: exact(names), type, tag: "" };
}

/** In a list where any parameter is named all are: what stands alone is then a name that shares the next type. */
function withNames(fields: Field[]): Field[] {
  if (!fields.some((f) => f.names.length > 0) || fields.every((f) => f.names.length > 0)) return fields;
  const out: Field[] = [];
  let pending: Ident[] = [];
  let pos = -1;
  for (const f of fields) {
    if (f.names.length === 0 && f.type.kind === "Ident") {
      if (pos < 0) pos = f.pos;
      pending.push(f.type);
      continue;
    }
    out.push(pending.length > 0 ? { ...f, pos, names: [...pending, ...f.names] } : f);
    pending = [];
    pos = -1;
  }
  for (const name of pending) {
    const { pos, end, id } = name;
    out.push({ kind: "Field", pos, end, id, names: NONE, type: name, tag: "" });
  }
  return out;
}

export function structType(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  let fields: FieldList | null = null;
  enter(cx);
  do {
    if (typeHere(cx) === "field_declaration_list") fields = fieldList(cx);
  } while (next(cx));
  leave(cx);
  fields ??= { kind: "FieldList", pos: end, end, id: cx.nextId++, fields: [] };
  return { kind: "StructType", pos, end, id: cx.nextId++, fields };
}

function fieldList(cx: Conversion): FieldList {
  const pos = startHere(cx);
  const end = endHere(cx);
  const fields: Field[] = [];
  enter(cx);
  do {
    if (typeHere(cx) === "field_declaration") fields.push(structField(cx));
  } while (next(cx));
  leave(cx);
  return { kind: "FieldList", pos, end, id: cx.nextId++, fields: exact(fields) };
}

function structField(cx: Conversion): Field {
  const pos = startHere(cx);
  const end = endHere(cx);
  const names: Ident[] = [];
  let star = -1;
  let type: Expr | null = null;
  let tag = "";
  enter(cx);
  do {
    const kind = typeHere(cx);
    if (kind === "*") star = startHere(cx);
    else if (isPlain(cx)) continue;
    else if (kind === "field_identifier" && type === null) names.push(identHere(cx));
    else if (kind === "raw_string_literal") tag = textHere(cx).slice(1, -1);
    else if (kind === "interpreted_string_literal") tag = unquoteTag(textHere(cx));
    else if (kind !== ERROR) type ??= convertExpr(cx);
  } while (next(cx));
  leave(cx);
  type ??= badAt(cx, end);
  if (star >= 0) type = { kind: "StarExpr", pos: star, end: type.end, id: cx.nextId++, x: type };
  return { kind: "Field", pos, end, id: cx.nextId++, names: exact(names), type, tag };
}

/** A quoted struct tag without its quotes and plain escapes. */
function unquoteTag(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(["\\])/g, "$1");
}

export function interfaceType(cx: Conversion): Expr {
  const pos = startHere(cx);
  const end = endHere(cx);
  const fields: Field[] = [];
  enter(cx);
  do {
    const kind = typeHere(cx);
    if (kind === "method_elem") fields.push(methodElem(cx));
    else if (kind === "type_elem") {
      const type = typeElem(cx);
      fields.push({
        kind: "Field",
        pos: type.pos,
        end: type.end,
        id: cx.nextId++,
        names: NONE,
        type,
        tag: "",
      });
    }
  } while (next(cx));
  leave(cx);
  const methods: FieldList = { kind: "FieldList", pos, end, id: cx.nextId++, fields: exact(fields) };
  return { kind: "InterfaceType", pos, end, id: cx.nextId++, methods };
}

function methodElem(cx: Conversion): Field {
  const pos = startHere(cx);
  const end = endHere(cx);
  let name: Ident | null = null;
  let parts: SignatureParts | null = null;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    if (name === null) name = identHere(cx);
    else {
      parts ??= emptySignature(startHere(cx));
      addToSignature(cx, parts);
    }
  } while (next(cx));
  leave(cx);
  const type = finishSignature(cx, parts ?? emptySignature(end));
  return { kind: "Field", pos, end, id: cx.nextId++, names: name === null ? [] : [name], type, tag: "" };
}
