/** Statements: the blocks they open, the variables they declare, and the expressions in them. */
import { declare, openScope } from "../scopes/scope.ts";
import type {
  BlockStmt,
  CaseClause,
  CommClause,
  Expr,
  Ident,
  RangeStmt,
  Stmt,
  SwitchStmt,
  TypeSwitchStmt,
} from "../syntax/ast.ts";
import { assignStmt, localVar, rightSides } from "./assignments.ts";
import {
  type Checker,
  failed,
  invalid,
  type Operand,
  recordObject,
  valueOperand,
  variableAt,
} from "./checker.ts";
import { evaluate, expression, expressionOrType } from "./expressions.ts";
import { declareLocals } from "./locals.ts";
import { LabelObj, UNKNOWN, type VarObj } from "./objects.ts";
import { coreString, coreType, defaultType, isTypeParam, isUntyped, under } from "./predicates.ts";
import type { Signature, Type } from "./types.ts";
import { termsOf } from "./typesets.ts";
import { typeExpr } from "./typexprs.ts";
import { BOOL, INT, INTEGER, RUNE, STRING, UNTYPED_NIL } from "./universe.ts";
import { assignTo, convertUntyped, mayConvert, updateType } from "./untyped.ts";

/** Checks a body in a block that already holds the parameters. */
export function functionBody(cx: Checker, signature: Signature, body: BlockStmt): void {
  const { signature: outer, labels: outerLabels } = cx;
  cx.signature = signature;
  cx.labels = { declared: new Map(), used: [] };
  statements(cx, body.list);
  for (const use of cx.labels.used) recordObject(cx, use, cx.labels.declared.get(use.name) ?? null);
  cx.signature = outer;
  cx.labels = outerLabels;
}

function statements(cx: Checker, list: readonly Stmt[]): void {
  for (const s of list) statement(cx, s);
}

function inBlock(cx: Checker, body: () => void): void {
  const outer = cx.scope;
  cx.scope = openScope(outer);
  body();
  cx.scope = outer;
}

function block(cx: Checker, b: BlockStmt): void {
  inBlock(cx, () => statements(cx, b.list));
}

/** A call, receive or other expression standing on its own; what it gives is not used. */
function discarded(cx: Checker, e: Expr): void {
  const x = evaluate(cx, e, null);
  if (x.mode === "constant" || x.mode === "value") assignTo(cx, x, null);
}

function statement(cx: Checker, s: Stmt): void {
  switch (s.kind) {
    case "ExprStmt":
      discarded(cx, s.x);
      return;
    case "AssignStmt":
      assignStmt(cx, s);
      return;
    case "BlockStmt":
      block(cx, s);
      return;
    case "IfStmt":
      inBlock(cx, () => {
        if (s.init !== null) statement(cx, s.init);
        condition(cx, s.cond);
        block(cx, s.body);
        if (s.else !== null) statement(cx, s.else);
      });
      return;
    case "ReturnStmt":
      returnStmt(cx, s.results);
      return;
    case "ForStmt":
      inBlock(cx, () => {
        if (s.init !== null) statement(cx, s.init);
        if (s.cond !== null) condition(cx, s.cond);
        if (s.post !== null) statement(cx, s.post);
        block(cx, s.body);
      });
      return;
    case "RangeStmt":
      rangeStmt(cx, s);
      return;
    case "SwitchStmt":
      switchStmt(cx, s);
      return;
    case "TypeSwitchStmt":
      typeSwitch(cx, s);
      return;
    case "SelectStmt":
      for (const clause of s.cases) commClause(cx, clause);
      return;
    case "GoStmt":
    case "DeferStmt":
      discarded(cx, s.call);
      return;
    case "SendStmt": {
      const ch = expression(cx, s.chan);
      const u = ch.mode === "invalid" ? null : coreType(ch.type);
      const elem = u?.kind === "chan" ? u.elem : null;
      assignTo(cx, expression(cx, s.value, elem), elem);
      return;
    }
    case "IncDecStmt": {
      expression(cx, s.x);
      return;
    }
    case "DeclStmt":
      declareLocals(cx, s.decl);
      return;
    case "LabeledStmt": {
      const label = new LabelObj(s.label.name, cx.pkg, cx.site, s.label);
      recordObject(cx, s.label, label);
      cx.labels?.declared.set(s.label.name, label);
      statement(cx, s.stmt);
      return;
    }
    case "BranchStmt":
      if (s.label !== null) cx.labels?.used.push(s.label);
      return;
    default:
      return;
  }
}

function condition(cx: Checker, e: Expr): void {
  expression(cx, e);
}

function returnStmt(cx: Checker, results: readonly Expr[]): void {
  if (results.length === 0) return;
  const wanted = cx.signature?.results.vars ?? [];
  const xs = rightSides(cx, results, wanted.length, (i) => wanted[i]?.type() ?? null);
  if (results.length !== wanted.length) return;
  for (const [i, x] of xs.entries()) assignTo(cx, x, wanted[i]!.type());
}

function switchStmt(cx: Checker, s: SwitchStmt): void {
  inBlock(cx, () => {
    if (s.init !== null) statement(cx, s.init);
    let tag: Operand | null = null;
    if (s.tag !== null) {
      tag = expression(cx, s.tag);
      assignTo(cx, tag, null);
    }
    for (const clause of s.cases) {
      for (const e of clause.list ?? []) caseValue(cx, e, tag);
      inBlock(cx, () => statements(cx, clause.body));
    }
  });
}

/** A case is compared with the tag, or with `true`. */
function caseValue(cx: Checker, e: Expr, tag: Operand | null): void {
  const x = expression(cx, e);
  if (x.mode === "invalid") return;
  const y: Operand = tag === null ? valueOperand(BOOL, e) : { ...tag };
  if (y.mode === "invalid") {
    updateType(cx, x.expr, defaultType(x.type), true);
    return;
  }
  if (mayConvert(x, y)) convertUntyped(cx, x, y.type);
  if (!failed(x) && isUntyped(x.type)) updateType(cx, x.expr, defaultType(x.type), true);
}

function typeSwitch(cx: Checker, s: TypeSwitchStmt): void {
  inBlock(cx, () => {
    if (s.init !== null) statement(cx, s.init);
    const x = expression(cx, s.x);
    if (s.bind !== null) recordObject(cx, s.bind, null);
    for (const clause of s.cases) typeClause(cx, s.bind, clause, x);
  });
}

function typeClause(cx: Checker, bind: Ident | null, clause: CaseClause, x: Operand): void {
  let type: Type = x.mode === "invalid" ? UNKNOWN : x.type;
  const list = clause.list ?? [];
  for (const e of list) {
    const found = caseType(cx, e);
    if (list.length === 1 && found !== null) type = found;
  }
  inBlock(cx, () => {
    if (bind !== null) {
      const v = variableAt(cx, clause, bind.name, "local", type, bind);
      cx.info.setImplicit(clause.id, v);
      declare(cx.scope!, v);
    }
    statements(cx, clause.body);
  });
}

/** The type that a case names; null for `nil`, which keeps the type of the operand. */
function caseType(cx: Checker, e: Expr): Type | null {
  if (e.kind === "Ident" || e.kind === "ParenExpr") {
    const x = expressionOrType(cx, e);
    if (x.type === UNTYPED_NIL) return null;
    return x.mode === "type" ? x.type : UNKNOWN;
  }
  return typeExpr(cx, e);
}

function commClause(cx: Checker, clause: CommClause): void {
  inBlock(cx, () => {
    if (clause.comm !== null) statement(cx, clause.comm);
    statements(cx, clause.body);
  });
}

interface Iteration {
  readonly key: Type | null;
  readonly value: Type | null;
}

/** What ranging over a value of type `t` gives; null where it cannot be ranged over. */
function iterationOf(t: Type): Iteration | null {
  const u = coreString(t);
  if (u === null) {
    // Type parameters without a core type may still be integers all.
    if (!isTypeParam(t)) return null;
    const terms = termsOf(under(t));
    const integers = terms?.every((x) => {
      const b = under(x.type);
      return b.kind === "basic" && (b.flags & INTEGER) !== 0;
    });
    return integers === true && terms !== null && terms.length > 0 ? { key: t, value: null } : null;
  }
  switch (u.kind) {
    case "basic":
      if ((u.flags & STRING) !== 0) return { key: INT, value: RUNE };
      return (u.flags & INTEGER) !== 0 ? { key: t, value: null } : null;
    case "array":
    case "slice":
      return { key: INT, value: u.elem };
    case "pointer": {
      const array = under(u.elem);
      return array.kind === "array" ? { key: INT, value: array.elem } : null;
    }
    case "map":
      return { key: u.key, value: u.elem };
    case "chan":
      return { key: u.elem, value: null };
    case "signature": {
      const first = u.params.vars[0]?.type();
      const yielded = first === undefined ? null : coreType(first);
      if (yielded === null || yielded.kind !== "signature") return null;
      return { key: yielded.params.vars[0]?.type() ?? null, value: yielded.params.vars[1]?.type() ?? null };
    }
    default:
      return null;
  }
}

function rangeStmt(cx: Checker, s: RangeStmt): void {
  inBlock(cx, () => {
    const x = expression(cx, s.x);
    const integer = x.mode !== "invalid" && isIntegerRange(x.type);
    const iteration = x.mode === "invalid" ? null : iterationOf(x.type);
    const parts: [Expr | null, Type][] = [
      [s.key, iteration?.key ?? UNKNOWN],
      [s.value, iteration?.value ?? UNKNOWN],
    ];
    const vars: VarObj[] = [];
    for (const [e, type] of parts) {
      if (e === null) continue;
      if (s.define) {
        if (e.kind !== "Ident") continue;
        vars.push(localVar(cx, e, defaultType(type)));
        if (integer) assignTo(cx, x, null);
      } else {
        const target = e.kind === "Ident" && e.name === "_" ? blank(cx, e) : expression(cx, e);
        if (integer) assignTo(cx, x, target.mode === "invalid" ? null : target.type);
      }
    }
    if (integer && isUntyped(x.type)) assignTo(cx, x, null);
    for (const v of vars) declare(cx.scope!, v);
    block(cx, s.body);
  });
}

function isIntegerRange(t: Type): boolean {
  const u = under(t);
  return u.kind === "basic" && (u.flags & INTEGER) !== 0;
}

function blank(cx: Checker, e: Ident): Operand {
  recordObject(cx, e, null);
  return invalid(e);
}
