/**
 * What may run while a lock is held: nothing that blocks, and nothing that might take the same lock.
 *
 * Answers for statements and expressions, through calls within the workspace. What cannot be seen may not run.
 */
import type { CallExpr, Expr, FuncDecl, Node } from "../syntax/ast.ts";
import type { Func } from "../types/types.ts";
import { underlyingOf } from "./spell.ts";
import { childrenOf, type DeclTree, declTree, someNode, unparen } from "./tree.ts";
import { calledObject, isCalledBackAtOnce } from "./uses.ts";

/** Standard packages that compute, and neither wait nor call back into the program later. */
const COMPUTES = new Set([
  "bytes",
  "cmp",
  "container/heap",
  "container/list",
  "container/ring",
  "crypto/hmac",
  "crypto/md5",
  "crypto/sha1",
  "crypto/sha256",
  "crypto/sha512",
  "encoding/base64",
  "encoding/binary",
  "encoding/hex",
  "encoding/json",
  "errors",
  "hash",
  "hash/crc32",
  "hash/fnv",
  "html",
  "maps",
  "math",
  "math/big",
  "math/bits",
  "math/rand",
  "math/rand/v2",
  "net/netip",
  "net/url",
  "path",
  "reflect",
  "regexp",
  "slices",
  "sort",
  "strconv",
  "strings",
  "sync/atomic",
  "text/template/parse",
  "time",
  "unicode",
  "unicode/utf8",
  "unicode/utf16",
]);
/** Functions of these that wait all the same: for a timer, or for whoever is at the other end of a stream. */
const WAITS = new Set(["time.Sleep", "encoding/json.Encode", "encoding/json.Decode"]);
/** Methods of net/http that read what is there already. */
const LOOKS_UP = new Set(["Get", "Values", "PathValue", "Cookie", "UserAgent", "Referer", "BasicAuth"]);
const BUILTINS_THAT_LEAVE = new Set(["panic", "print", "println", "recover"]);

/** True for methods of a request and its header; those of a client go to the network. */
function isOfRequest(func: Func): boolean {
  const type = func.type();
  const recv = type.kind === "signature" ? type.recv?.type() : undefined;
  const named = recv?.kind === "pointer" ? recv.elem : recv;
  return named?.kind === "named" && (named.obj.name === "Header" || named.obj.name === "Request");
}

/** Whether a piece of code may run under the lock; `settled` parts of it are computed before. */
export type MayHold = (tree: DeclTree, node: Node, settled?: ReadonlySet<Node>) => boolean;

/** A {@link MayHold} for a lock that the given functions take. */
export function holdRules(locking: ReadonlySet<Node>): MayHold {
  const known = new Map<FuncDecl, boolean>();

  const mayCall = (func: Func): boolean => {
    const decl = func.origin.func;
    const path = func.pkg?.path ?? "";
    if (func.pkg === null) return func.name === "Error";
    if (!func.pkg.inWorkspace) {
      if (path === "net/http") return LOOKS_UP.has(func.name) && isOfRequest(func);
      if (path === "fmt") return /^(S(print|scan)|Errorf|Append)/.test(func.name);
      return COMPUTES.has(path) && !WAITS.has(`${path}.${func.name}`) && decl !== null;
    }
    if (decl === null || decl.body === null || func.at === null) return false;
    const before = known.get(decl);
    if (before !== undefined) return before;
    known.set(decl, true); // a recursive call adds nothing
    const tree = declTree(func.pkg, func.at.file, decl);
    const answer =
      !locking.has(decl) && !someNode(decl.body, (n) => locking.has(n)) && mayHold(tree, decl.body);
    known.set(decl, answer);
    return answer;
  };

  const mayRunCall = (tree: DeclTree, call: CallExpr, settled?: ReadonlySet<Node>): boolean => {
    if (!call.args.every((a) => mayHold(tree, a, settled))) return false;
    const fun = unparen(call.fun) as Expr;
    if (tree.info.isType(fun)) return true;
    if (fun.kind === "FuncLit") return !locking.has(fun) && mayHold(tree, fun.body, settled);
    if (fun.kind === "SelectorExpr" && !mayHold(tree, fun.x, settled)) return false;
    const called = calledObject(tree, call);
    if (called?.kind === "builtin") return !BUILTINS_THAT_LEAVE.has(called.name);
    if (called?.kind === "typename") return true;
    return called?.kind === "func" && mayCall(called);
  };

  const mayHold: MayHold = (tree, node, settled) => {
    if (settled?.has(node)) return true;
    switch (node.kind) {
      case "CallExpr":
        return mayRunCall(tree, node, settled);
      case "FuncLit":
        // Made here, run who knows when: only one that takes the lock matters.
        if (isCalledBackAtOnce(tree, node)) return mayHold(tree, node.body, settled);
        return !someNode(node, (n) => locking.has(n));
      case "GoStmt":
        return node.call.kind === "CallExpr" && node.call.args.every((a) => mayHold(tree, a, settled));
      case "UnaryExpr":
        return node.op !== "<-" && mayHold(tree, node.x, settled);
      case "SendStmt":
      case "SelectStmt":
      case "BadStmt":
      case "BadExpr":
        return false;
      case "RangeStmt": {
        const over = underlyingOf(tree.info.typeOf(node.x));
        if (over.kind === "chan" || over.kind === "signature" || over.kind === "unknown") return false;
        return childrenOf(node).every((child) => mayHold(tree, child, settled));
      }
      default:
        return childrenOf(node).every((child) => mayHold(tree, child, settled));
    }
  };
  return mayHold;
}
