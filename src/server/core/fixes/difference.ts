/**
 * The difference of two texts as replacements of whole lines, so that a Fix leaves all other lines, and the
 * reader's cursor in them, alone. Myers' greedy algorithm ("An O(ND) Difference Algorithm", 1986).
 */
import type { TextReplacement } from "../finding.ts";

/** Replacements that turn `before` into `after`, in order, not overlapping. */
export function lineReplacements(before: string, after: string): TextReplacement[] {
  const a = before.split(/(?<=\n)/);
  const b = after.split(/(?<=\n)/);
  const replacements: TextReplacement[] = [];
  let offset = 0;
  let x = 0;
  let y = 0;
  const emit = (toX: number, toY: number): void => {
    if (toX === x && toY === y) return;
    const removed = a.slice(x, toX).join("");
    replacements.push({ pos: offset, end: offset + removed.length, text: b.slice(y, toY).join("") });
    offset += removed.length;
    x = toX;
    y = toY;
  };
  for (const [matchX, matchY] of matches(a, b)) {
    emit(matchX, matchY);
    offset += a[x]!.length;
    x++;
    y++;
  }
  emit(a.length, b.length);
  return replacements;
}

/** Pairs of equal lines on a shortest edit path. */
function matches(a: readonly string[], b: readonly string[]): [number, number][] {
  const reach = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= a.length + b.length; d++) {
    trace.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? reach.get(k + 1)! : reach.get(k - 1)! + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      reach.set(k, x);
      if (x >= a.length && y >= b.length) return backtrack(trace, a.length, b.length);
    }
  }
  return [];
}

function backtrack(
  trace: readonly ReadonlyMap<number, number>[],
  endX: number,
  endY: number,
): [number, number][] {
  const pairs: [number, number][] = [];
  let x = endX;
  let y = endY;
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const previousK = down ? k + 1 : k - 1;
    const previousX = d === 0 ? 0 : reach.get(previousK)!;
    const previousY = d === 0 ? 0 : previousX - previousK;
    while (x > previousX && y > previousY) {
      x--;
      y--;
      pairs.push([x, y]);
    }
    x = previousX;
    y = previousY;
  }
  return pairs.reverse();
}
