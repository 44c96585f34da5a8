/** Imports, constants, variables, types and the heads of functions from tree-sitter nodes. */
import type {
  ConstDecl,
  ConstSpec,
  Expr,
  FieldList,
  FuncType,
  Ident,
  ImportDecl,
  ImportSpec,
  TypeDecl,
  TypeSpec,
  VarDecl,
  VarSpec,
} from "./ast.ts";
import {
  badAt,
  type Conversion,
  ERROR,
  endHere,
  enter,
  exact,
  identHere,
  isPlain,
  leave,
  next,
  startHere,
  textHere,
  typeHere,
} from "./cursor.ts";
import { convertExpr, convertExprs } from "./expressions.ts";
import { addToSignature, convertParams, emptySignature, finishSignature } from "./typeExpressions.ts";

/** Calls `visit` on every node of type `wanted` under the cursor, directly or in a parenthesised group. */
function eachSpec(cx: Conversion, wanted: readonly string[], visit: () => void): void {
  if (!enter(cx)) return;
  do {
    const type = typeHere(cx);
    if (wanted.includes(type)) visit();
    else if (type === "var_spec_list" || type === "import_spec_list" || type === ERROR)
      eachSpec(cx, wanted, visit);
  } while (next(cx));
  leave(cx);
}

/** The import declaration under the cursor. */
export function convertImports(cx: Conversion): ImportDecl {
  const pos = startHere(cx);
  const end = endHere(cx);
  const specs: ImportSpec[] = [];
  eachSpec(cx, ["import_spec"], () => {
    const start = startHere(cx);
    const stop = endHere(cx);
    let name: Ident | null = null;
    let path = "";
    enter(cx);
    do {
      const type = typeHere(cx);
      if (type === "interpreted_string_literal" || type === "raw_string_literal") {
        path = textHere(cx).slice(1, -1);
      } else if (type === "dot" || type === "blank_identifier" || type === "package_identifier") {
        name = identHere(cx);
      }
    } while (next(cx));
    leave(cx);
    specs.push({ kind: "ImportSpec", pos: start, end: stop, id: cx.nextId++, name, path });
  });
  return { kind: "ImportDecl", pos, end, id: cx.nextId++, specs: exact(specs) };
}

interface ValueSpec {
  readonly pos: number;
  readonly end: number;
  readonly names: readonly Ident[];
  readonly type: Expr | null;
  readonly values: readonly Expr[];
}

/** `names type = values` under the cursor. */
function valueSpec(cx: Conversion): ValueSpec {
  const pos = startHere(cx);
  const end = endHere(cx);
  const names: Ident[] = [];
  let type: Expr | null = null;
  let values: readonly Expr[] = [];
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    const kind = typeHere(cx);
    if (kind === "identifier" && type === null) names.push(identHere(cx));
    else if (kind === "expression_list") values = convertExprs(cx);
    else if (kind !== ERROR) type ??= convertExpr(cx);
  } while (next(cx));
  leave(cx);
  return { pos, end, names: exact(names), type, values };
}

/** The constant declaration under the cursor. */
export function convertConsts(cx: Conversion): ConstDecl {
  const pos = startHere(cx);
  const end = endHere(cx);
  const specs: ConstSpec[] = [];
  eachSpec(cx, ["const_spec"], () => {
    specs.push({ kind: "ConstSpec", ...valueSpec(cx), id: cx.nextId++, iota: specs.length });
  });
  return { kind: "ConstDecl", pos, end, id: cx.nextId++, specs: exact(specs) };
}

/** The variable declaration under the cursor. */
export function convertVars(cx: Conversion): VarDecl {
  const pos = startHere(cx);
  const end = endHere(cx);
  const specs: VarSpec[] = [];
  eachSpec(cx, ["var_spec"], () => {
    specs.push({ kind: "VarSpec", ...valueSpec(cx), id: cx.nextId++ });
  });
  return { kind: "VarDecl", pos, end, id: cx.nextId++, specs: exact(specs) };
}

/** The type declaration under the cursor. */
export function convertTypes(cx: Conversion): TypeDecl {
  const pos = startHere(cx);
  const end = endHere(cx);
  const specs: TypeSpec[] = [];
  eachSpec(cx, ["type_spec", "type_alias"], () => {
    const isAlias = typeHere(cx) === "type_alias";
    const start = startHere(cx);
    const stop = endHere(cx);
    let name: Ident | null = null;
    let typeParams: FieldList | null = null;
    let type: Expr | null = null;
    enter(cx);
    do {
      if (isPlain(cx)) continue;
      const kind = typeHere(cx);
      if (name === null && kind === "type_identifier") name = identHere(cx);
      else if (kind === "type_parameter_list") typeParams = convertParams(cx);
      else if (kind !== ERROR) type ??= convertExpr(cx);
    } while (next(cx));
    leave(cx);
    name ??= { kind: "Ident", pos: start, end: start, id: cx.nextId++, name: "" };
    type ??= badAt(cx, stop);
    specs.push({ kind: "TypeSpec", pos: start, end: stop, id: cx.nextId++, name, typeParams, isAlias, type });
  });
  return { kind: "TypeDecl", pos, end, id: cx.nextId++, specs: exact(specs) };
}

/** The head of a function: all but its body. */
export interface FuncHead {
  readonly recv: FieldList | null;
  readonly name: Ident;
  readonly type: FuncType;
}

/** The head of the function or method declaration under the cursor, whose name was found before. */
export function convertFuncHead(cx: Conversion, name: Ident): FuncHead {
  const pos = startHere(cx);
  const isMethod = typeHere(cx) === "method_declaration";
  const parts = emptySignature(pos);
  let recv: FieldList | null = null;
  let named = false;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    const kind = typeHere(cx);
    if (isMethod && recv === null && !named && kind === "parameter_list") recv = convertParams(cx);
    else if (!named && (kind === "identifier" || kind === "field_identifier")) named = true;
    else addToSignature(cx, parts);
  } while (next(cx));
  leave(cx);
  return { recv, name, type: finishSignature(cx, parts) };
}
