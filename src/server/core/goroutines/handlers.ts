/**
 * Which functions a server runs on goroutines of its own, many at a time: handlers of net/http and of the usual
 * frameworks, methods registered with an RPC server, parallel tests.
 *
 * A handler is known by what it takes (`http.ResponseWriter, *http.Request`; `*gin.Context`; …): a function of
 * that shape that is used as a value is taken to be registered. Tests are left out, where the test itself waits
 * for its requests.
 */

import { pathOf } from "../accesses/path.ts";
import { type Value, valuesOf } from "../accesses/values.ts";
import type { Walk } from "../accesses/walkRecord.ts";
import { type Question, sameOrOther } from "../calls/answers.ts";
import { type Callee, calleesOfValue, implementations, namedCallee, type World } from "../calls/callees.ts";
import { type DeclFacts, type Fn, forEachChild, nameOfFn, unparen } from "../calls/functions.ts";
import { isTest } from "../calls/outline.ts";
import { spawnFunction } from "../calls/spawns.ts";
import { interfaceType, namedType, qualifiedName, under } from "../calls/typeShape.ts";
import type { CallExpr, Expr, Node } from "../syntax/ast.ts";
import type { Func, Signature, Type } from "../types/types.ts";

/** Parameter types that only a server's dispatcher hands to a function. */
const CONTEXT_TYPES: Readonly<Record<string, string>> = {
  "github.com/gin-gonic/gin.Context": "gin handler",
  "github.com/labstack/echo.Context": "echo handler",
  "github.com/labstack/echo/v4.Context": "echo handler",
  "github.com/labstack/echo/v5.Context": "echo handler",
  "github.com/gofiber/fiber.Ctx": "fiber handler",
  "github.com/gofiber/fiber/v2.Ctx": "fiber handler",
  "github.com/gofiber/fiber/v3.Ctx": "fiber handler",
  "github.com/valyala/fasthttp.RequestCtx": "fasthttp handler",
  "github.com/cloudwego/hertz/pkg/app.RequestContext": "hertz handler",
  "github.com/kataras/iris/v12.Context": "iris handler",
  "github.com/kataras/iris/v12/context.Context": "iris handler",
};

/** What gRPC hands to the functions that stand around every call. */
const INTERCEPTED: ReadonlySet<string> = new Set([
  "google.golang.org/grpc.UnaryServerInfo",
  "google.golang.org/grpc.StreamServerInfo",
  "google.golang.org/grpc.UnaryInvoker",
  "google.golang.org/grpc.Streamer",
]);

/** What kind of handler a signature is, in words; null where it is none. */
export function handlerKind(t: Type): string | null {
  const signature = under(t);
  if (signature.kind !== "signature") return null;
  return handlerOfSignature(signature);
}

function handlerOfSignature(signature: Signature): string | null {
  return handlerOfTypes(signature.params.vars.map((v) => qualifiedName(v.type())));
}

function handlerOfTypes(types: readonly string[]): string | null {
  if (types.length >= 2 && types[0] === "net/http.ResponseWriter" && types[1] === "net/http.Request") {
    return "http handler";
  }
  if (types[0] === "net.Conn" && types[1] === "net/http.ConnState") return "http connection hook";
  for (const type of types.slice(0, 2)) {
    const kind = CONTEXT_TYPES[type];
    if (kind !== undefined) return kind;
  }
  return types.some((type) => INTERCEPTED.has(type)) ? "gRPC interceptor" : null;
}

/** The kind of handler that a declared function is by its shape, or null. */
export function handlerKindOf(fn: Fn): string | null {
  if (isTestFile(fn)) return null;
  const types = fn.params.map((param) => (param ? qualifiedName(param.type()) : ""));
  return handlerOfTypes(types);
}

/** True for `ServeHTTP` methods: whoever registers the value has all requests share it. */
export function servesRequests(fn: Fn): boolean {
  return fn.receiver !== null && !fn.isLiteral && fn.node.name.name === "ServeHTTP";
}

/** True for functions in files that only tests use. */
export function isTestFile(fn: Fn): boolean {
  return isTest(fn.file);
}

/** A function of a handler's shape that is used as a value: a server runs it. */
export function startHandlerValue(walk: Walk, e: Expr, type: Type): void {
  const kind = handlerKind(type);
  if (kind === null || isTestFile(walk.fn)) return;
  for (const value of valuesOf(walk.world, e, walk.fn)) {
    if (value.kind !== "func") continue;
    for (const callee of calleesOfValue(walk.world, value)) startHandler(walk, e, callee, kind);
  }
}

function startHandler(walk: Walk, node: Node, callee: Callee, kind: string): void {
  if (callee.kind === "fn") spawnFunction(walk, node, callee, "handler", kind, true, []);
}

/** Handlers and services among the arguments of a call. */
export function startRegistered(walk: Walk, call: CallExpr): void {
  if (isTestFile(walk.fn)) return;
  const callee = namedCallee(call, walk.fn);
  for (const arg of call.args) {
    const type = walk.fn.info.typeOf(arg);
    if (under(type).kind === "signature") {
      if (unparen(arg).kind !== "CallExpr") startHandlerValue(walk, arg, type);
    } else if (callee && !callee.pkg?.inWorkspace) startHttpHandler(walk, arg, type);
  }
  if (callee) startService(walk, call, callee);
  else startUnknownService(walk, call);
}

/** `pb.RegisterXServer(server, implementation)` where the generated package is not to be had. */
function startUnknownService(walk: Walk, call: CallExpr): void {
  const fun = unparen(call.fun);
  const service = call.args[1];
  if (fun.kind !== "SelectorExpr" || !service || !/^Register\w+Server$/.test(fun.sel.name)) return;
  for (const method of namedType(walk.fn.info.typeOf(service))?.methods() ?? []) {
    const signature = method.type();
    if (!/^\p{Lu}/u.test(method.name) || signature.kind !== "signature") continue;
    const last = signature.results.vars.at(-1)?.type();
    if (last?.kind === "named" && last.obj.name === "error")
      startMethod(walk, service, method, "gRPC method");
  }
}

/** A value with `ServeHTTP` that is handed to a library. */
export function startHttpHandler(walk: Walk, e: Expr, type: Type): void {
  const method = namedType(type)
    ?.methods()
    .find((m) => m.name === "ServeHTTP");
  if (!method?.pkg?.inWorkspace || handlerKind(method.type()) === null) return;
  startMethod(walk, e, method, "http handler");
}

function startMethod(walk: Walk, receiver: Expr, method: Func, kind: string): void {
  const fn = walk.world.fnOf(method);
  if (fn === null) return;
  const known = valuesOf(walk.world, receiver, walk.fn).filter((value) => value.kind === "path");
  // A receiver made in place is one value for all calls: the method's own receiver stands for it.
  const own = fn.receiver;
  const itself: Value[] = own ? [{ kind: "path", path: pathOf(own.origin), owned: false }] : [];
  const bound = known.length > 0 ? known : itself;
  startHandler(walk, receiver, { kind: "fn", fn, receiver: bound, dynamic: false, hidden: false }, kind);
}

/** `RegisterXServer(server, implementation)` of gRPC, `rpc.Register(implementation)`, `sql.Register(name, driver)`. */
function startService(walk: Walk, call: CallExpr, callee: Func): void {
  const type = callee.type();
  if (type.kind !== "signature") return;
  const [, second] = call.args;
  if (callee.pkg?.path === "database/sql" && callee.name === "Register" && second) {
    const methods = namedType(walk.fn.info.typeOf(second))?.methods() ?? [];
    const open = methods.find((method) => method.name === "Open");
    if (open) startMethod(walk, second, open, "database/sql driver");
    return;
  }
  if (callee.pkg?.path === "net/rpc") {
    const service =
      callee.name === "RegisterName" ? call.args[1] : callee.name === "Register" ? call.args[0] : null;
    if (!service) return;
    for (const method of namedType(walk.fn.info.typeOf(service))?.methods() ?? []) {
      if (/^[A-Z]/.test(method.name)) startMethod(walk, service, method, "RPC method");
    }
    return;
  }
  const service = call.args[1];
  const declared = type.params.vars[1];
  if (!/^Register\w*(Server|Service|Handler)$/.test(callee.name) || !service || !declared) return;
  const iface = interfaceType(declared.type());
  const own = namedType(walk.fn.info.typeOf(service));
  if (iface === null || own === null) return;
  for (const method of own.methods()) {
    const serves = implementations(walk.world, iface, method.name).some(({ func }) => func === method);
    if (serves && isServiceMethod(method)) {
      startMethod(walk, service, method, "gRPC method");
    }
  }
}

function isServiceMethod(method: Func): boolean {
  return /^[A-Z]/.test(method.name) && interfaceType(method.type()) === null;
}

/** True for `func(t *testing.T) { … }`. */
export function isSubtest(fn: Fn): boolean {
  const [t] = fn.params;
  return t !== undefined && t !== null && qualifiedName(t.type()) === "testing.T";
}

/** True for `func(t *testing.T) { t.Parallel(); … }`. */
export function isParallelTest(world: World, fn: Fn): boolean {
  return isSubtest(fn) && world.answers.ask(PARALLEL, fn.facts, fn);
}

const PARALLEL: Question<DeclFacts, Fn, boolean> = {
  unknown: false,
  name: (_, fn) => nameOfFn(fn),
  compare: sameOrOther,
  find(_world, _facts, fn) {
    const [t] = fn.params;
    let found = false;
    const visit = (node: Node): void => {
      if (found || node.kind === "FuncLit") return;
      if (node.kind === "CallExpr" && node.fun.kind === "SelectorExpr" && node.fun.sel.name === "Parallel") {
        const on = unparen(node.fun.x);
        found = on.kind === "Ident" && fn.info.objectOf(on) === t;
      }
      if (!found) forEachChild(node, visit);
    };
    for (const statement of fn.node.body?.list ?? []) visit(statement);
    return found;
  },
};
