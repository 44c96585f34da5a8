/**
 * Statements from tree-sitter nodes. Where the parser could not read a piece of a block, whatever it did
 * recognise inside is kept, so a half-typed line still shows its names.
 */
import type {
  AssignStmt,
  BlockStmt,
  BranchStmt,
  CaseClause,
  CommClause,
  Expr,
  ForStmt,
  Ident,
  IfStmt,
  RangeStmt,
  SelectStmt,
  Stmt,
  SwitchStmt,
  TypeSwitchStmt,
} from "./ast.ts";
import {
  badAt,
  badHere,
  type Conversion,
  ERROR,
  endHere,
  enter,
  exact,
  fieldHere,
  identHere,
  isPlain,
  leave,
  MAX_DEPTH,
  next,
  startHere,
  typeHere,
} from "./cursor.ts";
import { convertConsts, convertTypes, convertVars } from "./declarations.ts";
import { convertExpr, convertExprs } from "./expressions.ts";

/** The block under the cursor. */
export function convertBlock(cx: Conversion): BlockStmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  const list: Stmt[] = [];
  if (enter(cx)) {
    do {
      if (!isPlain(cx)) addStatements(cx, list);
    } while (next(cx));
    leave(cx);
  }
  return { kind: "BlockStmt", pos, end, id: cx.nextId++, list: exact(list) };
}

/** Adds the statement, the list of statements, or what is left of an unreadable one, under the cursor. */
function addStatements(cx: Conversion, to: Stmt[]): void {
  const type = typeHere(cx);
  if (type !== "statement_list" && type !== ERROR) {
    to.push(convertStmt(cx));
    return;
  }
  if (type === ERROR) to.push({ kind: "BadStmt", pos: startHere(cx), end: endHere(cx), id: cx.nextId++ });
  if (!enter(cx)) return;
  do {
    if (!isPlain(cx)) addStatements(cx, to);
  } while (next(cx));
  leave(cx);
}

/** The statement under the cursor; an expression becomes an expression statement. */
export function convertStmt(cx: Conversion): Stmt {
  if (cx.depth >= MAX_DEPTH)
    return { kind: "BadStmt", pos: startHere(cx), end: endHere(cx), id: cx.nextId++ };
  cx.depth++;
  const s = stmtHere(cx);
  cx.depth--;
  return s;
}

function stmtHere(cx: Conversion): Stmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  switch (typeHere(cx)) {
    case "expression_statement": {
      const x = convertExprs(cx)[0] ?? badHere(cx);
      return { kind: "ExprStmt", pos, end, id: cx.nextId++, x };
    }
    case "assignment_statement":
    case "short_var_declaration":
      return assign(cx);
    case "send_statement": {
      const [chan, value] = convertExprs(cx);
      return {
        kind: "SendStmt",
        pos,
        end,
        id: cx.nextId++,
        chan: chan ?? badAt(cx, pos),
        value: value ?? badAt(cx, end),
      };
    }
    case "inc_statement":
    case "dec_statement": {
      const op = typeHere(cx) === "inc_statement" ? "++" : "--";
      return { kind: "IncDecStmt", pos, end, id: cx.nextId++, x: convertExprs(cx)[0] ?? badAt(cx, pos), op };
    }
    case "const_declaration":
    case "var_declaration":
    case "type_declaration": {
      const convert = { c: convertConsts, v: convertVars, t: convertTypes }[
        typeHere(cx)[0] as "c" | "v" | "t"
      ];
      return { kind: "DeclStmt", pos, end, id: cx.nextId++, decl: convert(cx) };
    }
    case "return_statement":
      return { kind: "ReturnStmt", pos, end, id: cx.nextId++, results: listed(cx) };
    case "go_statement":
      return { kind: "GoStmt", pos, end, id: cx.nextId++, call: convertExprs(cx)[0] ?? badAt(cx, end) };
    case "defer_statement":
      return { kind: "DeferStmt", pos, end, id: cx.nextId++, call: convertExprs(cx)[0] ?? badAt(cx, end) };
    case "if_statement":
      return ifStmt(cx);
    case "for_statement":
      return forStmt(cx);
    case "expression_switch_statement":
      return switchStmt(cx);
    case "type_switch_statement":
      return typeSwitch(cx);
    case "select_statement":
      return selectStmt(cx);
    case "labeled_statement":
      return labeled(cx);
    case "break_statement":
      return branch(cx, "break");
    case "continue_statement":
      return branch(cx, "continue");
    case "goto_statement":
      return branch(cx, "goto");
    case "fallthrough_statement":
      return branch(cx, "fallthrough");
    case "block":
      return convertBlock(cx);
    case "empty_statement":
      return { kind: "EmptyStmt", pos, end, id: cx.nextId++ };
    case ERROR:
      return { kind: "BadStmt", pos, end, id: cx.nextId++ };
    default: {
      const x = convertExpr(cx);
      if (x.kind === "BadExpr") return { kind: "BadStmt", pos, end, id: cx.nextId++ };
      return { kind: "ExprStmt", pos, end, id: cx.nextId++, x };
    }
  }
}

/** The expressions of the `expression_list` among the children; empty where there is none. */
function listed(cx: Conversion): readonly Expr[] {
  let out: readonly Expr[] = [];
  if (enter(cx)) {
    do {
      if (typeHere(cx) === "expression_list") out = convertExprs(cx);
    } while (next(cx));
    leave(cx);
  }
  return out;
}

/** `a, b op c, d`, also as the receiving side of a select case. */
function assign(cx: Conversion): AssignStmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  let op = "";
  let lhs: readonly Expr[] = [];
  let rhs: readonly Expr[] = [];
  enter(cx);
  do {
    if (isPlain(cx)) {
      const token = typeHere(cx);
      if (token !== "comment") op = token;
      continue;
    }
    const list = typeHere(cx) === "expression_list" ? convertExprs(cx) : [convertExpr(cx)];
    if (op === "") lhs = list;
    else rhs = list;
  } while (next(cx));
  leave(cx);
  return { kind: "AssignStmt", pos, end, id: cx.nextId++, lhs, op, rhs };
}

function ifStmt(cx: Conversion): IfStmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  const { initializer, condition, consequence, alternative } = cx.grammar.fields;
  let init: Stmt | null = null;
  let cond: Expr | null = null;
  let body: BlockStmt | null = null;
  let other: BlockStmt | IfStmt | null = null;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    const field = fieldHere(cx);
    if (field === initializer) init = convertStmt(cx);
    else if (field === condition) cond = convertExpr(cx);
    else if (field === consequence) body = convertBlock(cx);
    else if (field === alternative) {
      const next = convertStmt(cx);
      other = next.kind === "BlockStmt" || next.kind === "IfStmt" ? next : null;
    }
  } while (next(cx));
  leave(cx);
  return {
    kind: "IfStmt",
    pos,
    end,
    id: cx.nextId++,
    init,
    cond: cond ?? badAt(cx, end),
    body: body ?? emptyBlock(cx, end),
    else: other,
  };
}

function emptyBlock(cx: Conversion, at: number): BlockStmt {
  return { kind: "BlockStmt", pos: at, end: at, id: cx.nextId++, list: [] };
}

interface ForHead {
  init: Stmt | null;
  cond: Expr | null;
  post: Stmt | null;
}

function forStmt(cx: Conversion): ForStmt | RangeStmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  let head: ForHead = { init: null, cond: null, post: null };
  let range: RangeHead | null = null;
  let body: BlockStmt | null = null;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    const type = typeHere(cx);
    if (type === "block") body = convertBlock(cx);
    else if (type === "for_clause") head = forClause(cx);
    else if (type === "range_clause") range = rangeClause(cx);
    else if (type !== ERROR) head = { init: null, cond: convertExpr(cx), post: null };
  } while (next(cx));
  leave(cx);
  body ??= emptyBlock(cx, end);
  if (range === null) return { kind: "ForStmt", pos, end, id: cx.nextId++, ...head, body };
  const { key, value, define, x } = range;
  return { kind: "RangeStmt", pos, end, id: cx.nextId++, key, value, define, x, body };
}

function forClause(cx: Conversion): ForHead {
  const head: ForHead = { init: null, cond: null, post: null };
  let part = 0;
  enter(cx);
  do {
    if (isPlain(cx)) {
      if (typeHere(cx) === ";") part++;
    } else if (part === 0) head.init = convertStmt(cx);
    else if (part === 1) head.cond = convertExpr(cx);
    else head.post = convertStmt(cx);
  } while (next(cx));
  leave(cx);
  return head;
}

interface RangeHead {
  readonly key: Expr | null;
  readonly value: Expr | null;
  readonly define: boolean;
  readonly x: Expr;
}

function rangeClause(cx: Conversion): RangeHead {
  let left: readonly Expr[] = [];
  let define = false;
  let x: Expr | null = null;
  enter(cx);
  do {
    const type = typeHere(cx);
    if (type === ":=") define = true;
    else if (type === "expression_list") left = convertExprs(cx);
    else if (!isPlain(cx)) x = convertExpr(cx);
  } while (next(cx));
  leave(cx);
  return { key: left[0] ?? null, value: left[1] ?? null, define, x: x ?? badHere(cx) };
}

/** The statements of the case under the cursor, after its colon. */
function caseBody(cx: Conversion, list: Expr[] | null): CaseClause {
  const pos = startHere(cx);
  const end = endHere(cx);
  const body: Stmt[] = [];
  let colon = false;
  enter(cx);
  do {
    const type = typeHere(cx);
    if (type === ":") colon = true;
    else if (isPlain(cx)) continue;
    else if (colon) addStatements(cx, body);
    else if (type === "expression_list") list?.push(...convertExprs(cx));
    else if (type !== ERROR) list?.push(convertExpr(cx));
  } while (next(cx));
  leave(cx);
  return { kind: "CaseClause", pos, end, id: cx.nextId++, list: list && exact(list), body: exact(body) };
}

function switchStmt(cx: Conversion): SwitchStmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  let init: Stmt | null = null;
  let tag: Expr | null = null;
  const cases: CaseClause[] = [];
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    const type = typeHere(cx);
    if (type === "expression_case") cases.push(caseBody(cx, []));
    else if (type === "default_case") cases.push(caseBody(cx, null));
    else if (fieldHere(cx) === cx.grammar.fields.initializer) init = convertStmt(cx);
    else if (type !== ERROR) tag = convertExpr(cx);
  } while (next(cx));
  leave(cx);
  return { kind: "SwitchStmt", pos, end, id: cx.nextId++, init, tag, cases: exact(cases) };
}

function typeSwitch(cx: Conversion): TypeSwitchStmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  const { initializer, alias } = cx.grammar.fields;
  let init: Stmt | null = null;
  let bind: Ident | null = null;
  let x: Expr | null = null;
  const cases: CaseClause[] = [];
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    const type = typeHere(cx);
    if (type === "type_case") cases.push(caseBody(cx, []));
    else if (type === "default_case") cases.push(caseBody(cx, null));
    else {
      const field = fieldHere(cx);
      if (field === initializer) init = convertStmt(cx);
      else if (field === alias) {
        const name = convertExprs(cx)[0];
        if (name?.kind === "Ident") bind = name;
      } else if (type !== ERROR) x = convertExpr(cx);
    }
  } while (next(cx));
  leave(cx);
  return {
    kind: "TypeSwitchStmt",
    pos,
    end,
    id: cx.nextId++,
    init,
    bind,
    x: x ?? badAt(cx, end),
    cases: exact(cases),
  };
}

function selectStmt(cx: Conversion): SelectStmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  const cases: CommClause[] = [];
  enter(cx);
  do {
    const type = typeHere(cx);
    if (type === "communication_case" || type === "default_case") cases.push(commClause(cx));
  } while (next(cx));
  leave(cx);
  return { kind: "SelectStmt", pos, end, id: cx.nextId++, cases: exact(cases) };
}

function commClause(cx: Conversion): CommClause {
  const pos = startHere(cx);
  const end = endHere(cx);
  let comm: Stmt | null = null;
  const body: Stmt[] = [];
  let colon = false;
  enter(cx);
  do {
    const type = typeHere(cx);
    if (type === ":") colon = true;
    else if (isPlain(cx)) continue;
    else if (colon) addStatements(cx, body);
    else if (type === "receive_statement") {
      const received = assign(cx);
      comm =
        received.op === ""
          ? {
              kind: "ExprStmt",
              pos: received.pos,
              end: received.end,
              id: received.id,
              x: received.lhs[0] ?? badHere(cx),
            }
          : received;
    } else if (type !== ERROR) comm = convertStmt(cx);
  } while (next(cx));
  leave(cx);
  return { kind: "CommClause", pos, end, id: cx.nextId++, comm, body: exact(body) };
}

function labeled(cx: Conversion): Stmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  let label: Ident | null = null;
  let stmt: Stmt | null = null;
  enter(cx);
  do {
    if (isPlain(cx)) continue;
    if (label === null) label = identHere(cx);
    else stmt ??= convertStmt(cx);
  } while (next(cx));
  leave(cx);
  label ??= { kind: "Ident", pos, end: pos, id: cx.nextId++, name: "" };
  stmt ??= { kind: "EmptyStmt", pos: end, end, id: cx.nextId++ };
  return { kind: "LabeledStmt", pos, end, id: cx.nextId++, label, stmt };
}

function branch(cx: Conversion, kind: BranchStmt["branch"]): BranchStmt {
  const pos = startHere(cx);
  const end = endHere(cx);
  let label: Ident | null = null;
  if (enter(cx)) {
    do {
      if (!isPlain(cx)) label = identHere(cx);
    } while (next(cx));
    leave(cx);
  }
  return { kind: "BranchStmt", pos, end, id: cx.nextId++, branch: kind, label };
}
