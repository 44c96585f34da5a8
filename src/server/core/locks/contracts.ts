/**
 * What code says about its locks: by a function's name (`storeLocked`), by its comment ("caller must hold mu"), by
 * a field's comment ("guarded by mu"), or by an annotation (`+checklocks:mu`, on a function or a field).
 *
 * What a function's callers promise is believed inside the function; where a caller is in sight, what it holds
 * counts instead (`calls/inline.ts`). What a field's comment asks for is held against all uses by the rules.
 */
import type { Held } from "../accesses/events.ts";
import { extend, pathOf, type Step } from "../accesses/path.ts";
import type { Fn } from "../calls/functions.ts";
import { namedType, structType } from "../calls/typeShape.ts";
import type { SourceFile } from "../syntax/ast.ts";
import type { Var } from "../types/types.ts";

/** Callers hold a lock. */
const LOCK_PROMISES = [
  /\b(must|should|is|are|be|been)\b[^.]{0,40}\b(held|locked)\b/i,
  /\b(hold|holds|holding|held|acquires?d?)\b[^.]{0,60}\b(lock|locks|mutex|mu|mtx|\w*Mu|\w*Lock|\w*Mutex)\b/i,
  /\b(lock|mutex|mu|mtx)\b[^.]{0,40}\b(held|hold)\b/i,
];
/** "must not hold mu", "called without the lock": the opposite of a promise. */
const DENIED =
  /\b(not|never|without|doesn't|don't)\b(?:[^.,;]|\.(?=\w)){0,30}\b(held|holds?|holding|locked|locks?|mutex|mu)\b/i;
const LOCK_NAME = /(Locked|_locked|LockHeld|NoLock|WithoutLock)$/;

/** Callers come one after the other, for another reason than a lock. */
const CONFINED = [
  /\b(only|must|should)\b[^.]{0,60}\b(initiali[sz]ation|init\(\)|init function|start-?up)/i,
  /\b(must|should|can|may)( not|n't)? be called (concurrently|only (once|from one)|before)/i,
  /\b(must|should|only)( only)?( be)? called (only )?(from|in|on|by|within) [^.]{0,60}\b(callbacks?|goroutine|loop|serializer)\b/i,
  /\b(lead|leads) to (concurrency|race|data race)/i,
  /\bnot (safe for concurrent|thread[- ]?safe|goroutine[- ]?safe|concurrency[- ]?safe)/i,
];
const CONFINED_NAME = /(Unlocked|Unsafe)$/;

const ANNOTATION = /\+checklocks(read)?:([\w.,]+)/g;

/** The locks that the function's callers hold, as far as the function says so. */
export function assumedLocks(fn: Fn): readonly Held[] {
  const { node } = fn;
  if (node.kind !== "FuncDecl") return [];
  const doc = docOf(fn);
  const annotated = [...doc.matchAll(ANNOTATION)].flatMap(([, read, names]) =>
    names!.split(",").map((text) => promised(fn, text, read ? "read" : "write")),
  );
  if (annotated.length > 0) return annotated;
  const { name } = node.name;
  // A type that stands for a value whose lock is held says so too: `bodyLocked`.
  const type = fn.receiver ? (namedType(fn.receiver.type())?.obj.name ?? "") : "";
  if (LOCK_NAME.test(type))
    return [{ path: null, mode: "write", by: "confined", text: "held by the caller" }];
  if (LOCK_NAME.test(name) || (!DENIED.test(doc) && LOCK_PROMISES.some((promise) => promise.test(doc))))
    return [{ path: null, mode: "write", by: "contract", text: "held by the caller" }];
  if (CONFINED_NAME.test(name) || CONFINED.some((promise) => promise.test(doc)))
    return [{ path: null, mode: "write", by: "confined", text: "held by the caller" }];
  return [];
}

/** The lock that an annotation names: a field of the receiver or a parameter ("t.mu"), or of the receiver ("mu"). */
function promised(fn: Fn, text: string, mode: Held["mode"]): Held {
  const names = text.split(".");
  const variables = [fn.receiver, ...fn.params].filter((v) => v !== null);
  const named = variables.find((v) => v.name === names[0]);
  const root = named ?? fn.receiver;
  const steps = root ? fieldsOf(root, named ? names.slice(1) : names) : null;
  return { path: root && steps ? extend(pathOf(root.origin), steps) : null, mode, by: "contract", text };
}

function fieldsOf(root: Var, names: readonly string[]): Step[] | null {
  const steps: Step[] = [];
  let type = root.type();
  for (const name of names) {
    const field = structType(type)?.fields.find((f) => f.name === name);
    if (!field) return null;
    steps.push({ kind: "field", field: field.origin });
    type = field.type();
  }
  return steps;
}

/** The lock that the comment of a field or package-level variable says it is guarded by; null where it says nothing. */
export function declaredGuard(owner: Var): Held | null {
  const { at, pkg } = owner;
  if (at === null || pkg === null || (owner.role !== "field" && owner.role !== "package")) return null;
  const pos = at.file.startOf(at.decl) + at.ident.pos;
  const comment = `${commentAbove(at.file, pos)} ${commentBehind(at.file, pos)}`;
  const said = /\b(?:guarded|protected) by (?:the )?`?([\w.]+)|\+checklocks:([\w.]+)/i.exec(comment);
  const text = said?.[1] ?? said?.[2];
  const name = text?.split(".").at(-1);
  if (!text || !name) return null;
  let lock = pkg.lookup(name);
  if (owner.role === "field" && at.decl.kind === "TypeDecl") {
    const spec = at.decl.specs.find((s) => s.pos <= at.ident.pos && at.ident.pos < s.end);
    const type = spec ? pkg.lookup(spec.name.name) : null;
    const fields = type?.kind === "typename" ? structType(type.type())?.fields : undefined;
    lock = fields?.find((f) => f.name === name) ?? null;
  }
  if (lock?.kind !== "var") return null;
  return { path: pathOf(lock.origin), mode: "write", by: "contract", text };
}

/** The comment behind a declaration on its own line; "" where there is none. */
function commentBehind({ comments, text }: SourceFile, pos: number): string {
  const end = text.indexOf("\n", pos);
  const line = end < 0 ? text.length : end;
  return comments.find((comment) => comment.pos > pos && comment.pos < line)?.text ?? "";
}

/** The comment right above a function's declaration; "" where there is none. */
export function docOf(fn: Fn): string {
  return commentAbove(fn.file, fn.file.startOf(fn.decl));
}

/** The comments that fill the lines right above a place; "" where there are none. */
function commentAbove({ comments, text }: SourceFile, pos: number): string {
  let start = pos;
  const texts: string[] = [];
  let low = 0;
  let high = comments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (comments[middle]!.pos < start) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= 0; i--) {
    const comment = comments[i]!;
    const between = text.slice(comment.end, start);
    const before = text.slice(text.lastIndexOf("\n", comment.pos - 1) + 1, comment.pos);
    if (between.trim() !== "" || before.trim() !== "" || between.split("\n").length > 2) break;
    texts.unshift(comment.text);
    start = comment.pos;
  }
  return texts.join("\n").replace(/\s*\n\s*\/\/\s*/g, " ");
}
