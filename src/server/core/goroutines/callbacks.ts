/**
 * What a call hands to a dependency that the dependency is seen to call on a goroutine of its own: functions, values
 * with methods, and structs with either in their fields.
 *
 * How a dependency is read is `keptCallbacks.ts`; servers of handlers are `handlers.ts`, and where the source of the
 * standard library does not show it, `librarySpawns.ts`.
 */

import { elementFor, literalOf, valuesOf } from "../accesses/values.ts";
import { type Callee, calledExpression, calleesOfValue, namedCallee, type World } from "../calls/callees.ts";
import { type Fn, unparen } from "../calls/functions.ts";
import { isStandard } from "../calls/outline.ts";
import { interfaceType, namedType, structType, under } from "../calls/typeShape.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import type { Func, Type, Var } from "../types/types.ts";
import { methodSetOf } from "../types/typesets.ts";
import { handlerKind } from "./handlers.ts";
import { mentionedOnGoroutines, RECEIVER, runsOnGoroutine } from "./keptCallbacks.ts";

/** The arguments of a call that a dependency is seen to run on a goroutine of its own. */
export function callbacksOf(call: CallExpr, fn: Fn): readonly Expr[] {
  const functions = call.args.filter((arg) => isFunction(fn.info.typeOf(arg)));
  return functions.filter((arg) => runsOnGoroutine(call, call.args.indexOf(arg), fn));
}

/** True for functions that are no handlers: those are known by what they take. */
function isFunction(t: Type): boolean {
  return under(t).kind === "signature" && handlerKind(t) === null;
}

/** The functions of the program that a dependency calls on a goroutine through other things that it is handed. */
export function calledThroughValues(world: World, call: CallExpr, fn: Fn): readonly Callee[] {
  const callee = namedCallee(call, fn);
  const type = callee?.type();
  if (!callee?.pkg || callee.pkg.inWorkspace || type?.kind !== "signature") return [];
  const { pkg } = callee;
  const { vars } = type.params;
  const fun = calledExpression(call);
  const handed = call.args.map((arg, i) => ({ arg, i, taken: vars[Math.min(i, vars.length - 1)]?.type() }));
  // Of the standard library, clients and servers have fields enough, none of which is worth reading all of net/http for.
  if (fun.kind === "SelectorExpr" && type.recv && !isStandard(pkg.path))
    handed.push({ arg: fun.x, i: RECEIVER, taken: undefined });
  return handed.flatMap(({ arg, i, taken }) => {
    const found = [...(taken ? methodsOf(arg, taken, fn) : []), ...givenToFields(arg, fn)];
    // What the goroutines of a dependency do takes longest to be read.
    if (found.length === 0 || !runsOnGoroutine(call, i, fn)) return [];
    return found
      .filter(
        ({ by }) =>
          mentionedOnGoroutines(by.origin.pkg ?? pkg).has(by.origin) ||
          mentionedOnGoroutines(pkg).has(by.origin),
      )
      .flatMap((one) => calleesOfHandedOn(world, one, fn));
  });
}

/** A function that a dependency is handed inside of something else, and the field or method that it calls it by. */
type HandedOn =
  | { readonly kind: "function"; readonly by: Var; readonly value: Expr }
  | { readonly kind: "method"; readonly by: Func; readonly value: Expr; readonly method: Func };

function calleesOfHandedOn(world: World, one: HandedOn, fn: Fn): readonly Callee[] {
  const values = valuesOf(world, one.value, fn);
  if (one.kind === "function") return values.flatMap((value) => calleesOfValue(world, value));
  const body = world.fnOf(one.method);
  const receiver = values.filter((value) => value.kind === "path");
  return body ? [{ kind: "fn", fn: body, receiver, dynamic: false, hidden: false }] : [];
}

/** The methods of a value of the program that is taken for an interface. */
function methodsOf(value: Expr, taken: Type, fn: Fn): readonly HandedOn[] {
  const type = namedType(fn.info.typeOf(value));
  const iface = interfaceType(taken);
  if (iface === null || !type?.obj.pkg?.inWorkspace || interfaceType(type) !== null) return [];
  const owner = namedType(taken)?.obj.pkg;
  // A reader or a context is asked by whoever has it at the time.
  if (!owner || isStandard(owner.path)) return [];
  return methodSetOf(iface).methods.flatMap((by): readonly HandedOn[] => {
    const method = handlerKind(by.type()) === null && type.methods().find(({ name }) => name === by.name);
    return method ? [{ kind: "method", by, value, method }] : [];
  });
}

/** What stands in the fields of a dependency's struct. */
function givenToFields(e: Expr, fn: Fn): readonly HandedOn[] {
  const type = namedType(fn.info.typeOf(e));
  if (!type?.obj.pkg || type.obj.pkg.inWorkspace) return [];
  return (structType(type)?.fields ?? []).flatMap(({ origin: by }): readonly HandedOn[] => {
    if (isFunction(by.type()))
      return givenToField(e, by, fn).map((value) => ({ kind: "function", by, value }));
    if (interfaceType(by.type()) === null) return [];
    return givenToField(e, by, fn).flatMap((value) => methodsOf(value, by.type(), fn));
  });
}

/** What a field of a struct was given where it was made: in its literal, or afterwards by name. */
function givenToField(e: Expr, field: Var, fn: Fn): readonly Expr[] {
  const x = unparen(e);
  const local = x.kind === "Ident" ? fn.info.objectOf(x) : null;
  const made =
    local?.kind === "var" ? (fn.facts.definitions.get(local.origin) ?? []).map(({ expr }) => expr) : [x];
  const inLiterals = made.map((value) => {
    const literal = value && literalOf(value);
    return literal && elementFor(literal, field, fn.info);
  });
  const later = local?.kind === "var" ? (fn.facts.ownFields.get(local.origin) ?? []) : [];
  const assigned = later.filter((own) => own.field === field).map(({ expr }) => expr);
  return [...inLiterals.filter((value) => value !== null), ...assigned];
}
