/**
 * Locks that code says are held: by a function's name (`storeLocked`), by its comment ("caller must hold mu"),
 * or by an annotation (`+checklocks:mu`).
 *
 * What is promised is believed inside the function; whether callers keep the promise is for the rules.
 */
import type { Held } from "../accesses/events.ts";
import type { Fn } from "../calls/functions.ts";

const PROMISES = [
  /\+checklocks(read)?:/,
  /\b(must|should|is|are|be|been)\b[^.]{0,40}\b(held|locked)\b/i,
  /\b(hold|holds|holding|held|acquires?d?)\b[^.]{0,60}\b(lock|locks|mutex|mu|mtx|\w*Mu|\w*Lock|\w*Mutex)\b/i,
  /\b(lock|mutex|mu|mtx)\b[^.]{0,40}\b(held|hold)\b/i,
  /\b(only|must|should)\b[^.]{0,60}\b(initiali[sz]ation|init\(\)|init function|start-?up)/i,
  /\b(must|should|can|may)( not|n't)? be called (concurrently|only (once|from one)|before)/i,
  /\b(lead|leads) to (concurrency|race|data race)/i,
  /\bnot (safe for concurrent|thread[- ]?safe|goroutine[- ]?safe|concurrency[- ]?safe)/i,
];

/** The locks that the function's callers hold, as far as the function says so. */
export function assumedLocks(fn: Fn): readonly Held[] {
  const { node } = fn;
  if (node.kind !== "FuncDecl") return [];
  const byName = /(Locked|NoLock|WithoutLock|_locked|Unlocked|Unsafe|LockHeld)$/.test(node.name.name);
  if (!byName && !PROMISES.some((promise) => promise.test(docOf(fn)))) return [];
  return [{ path: null, mode: "write", by: "contract", text: "held by the caller" }];
}

/** The comment right above a function's declaration; "" where there is none. */
export function docOf(fn: Fn): string {
  let start = fn.file.startOf(fn.decl);
  const texts: string[] = [];
  const { comments, text } = fn.file;
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
    if (between.trim() !== "" || between.split("\n").length > 2) break;
    texts.unshift(comment.text);
    start = comment.pos;
  }
  return texts.join("\n").replace(/\s*\n\s*\/\/\s*/g, " ");
}
