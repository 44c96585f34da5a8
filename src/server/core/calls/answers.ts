/**
 * Keeps what was found out about a program, and knows what hangs on what: after an edit, exactly the answers that
 * may have changed are forgotten.
 *
 * Answers may hang on each other in circles (recursive functions). Such a circle is found with Tarjan's algorithm
 * for strongly connected components and settled as a whole, in an order that hangs on names alone: which of its
 * answers was asked for first makes no difference, so what an edit leaves behind equals a fresh look.
 */

import type { World } from "./callees.ts";

/** What answers are about, and forgotten with: a declaration, or a variable with all it is given anywhere. */
export type Subject = object;

/** One kind of question about a key within a subject. */
export interface Question<S extends Subject, K extends object, V> {
  /** What is told to those who ask while the answer is being found. */
  readonly unknown: V;
  /** Tells the keys of a circle apart; stays the same while text elsewhere changes. */
  name(subject: S, key: K): string;
  find(world: World, subject: S, key: K): V;
  /** True where finding takes so long that it is done anew twice at most. */
  readonly isDear?: boolean;
  /**
   * How an answer relates to the one before an edit: `same` in everything, `alike` to all who ask from outside of
   * the subject, or `other`. Questions without it are asked within their subject only, whose other answers tell
   * what became of them.
   */
  compare?(before: V, after: V, key: K): Likeness;
}

export type Likeness = "same" | "alike" | "other";

/** What became of answers that were asked anew. */
export interface Renewed {
  /** Subjects about which everything is forgotten. */
  readonly forgotten: Set<Subject>;
  /** Keys whose answers are other ones than before, which nobody outside of their subjects can tell. */
  readonly alike: ReadonlySet<object>;
}

/** The answers about one program. */
export interface Answers {
  /** The answer, found now or kept; whoever is being answered hangs on it from now on. */
  ask<S extends Subject, K extends object, V>(question: Question<S, K, V>, subject: S, key: K): V;
  /** Whoever is being answered hangs on the subject from now on. */
  lookAt(subject: Subject): void;
  /** Does something whose findings are kept with the subject: it hangs on what is asked meanwhile. */
  onBehalfOf<T>(subject: Subject, work: () => T): T;
  /**
   * Forgets everything about the subjects `lost` and about all that hang on them. What is known about `changed` is
   * asked anew, and where an answer is another one, it is as if it was lost.
   */
  renew(lost: Iterable<Subject>, changed: Iterable<Subject>): Renewed;
  /**
   * Lets go of answers that are asked for within their subject alone: there are the most of them, and they are found
   * again. To be called between the steps of an analysis, as {@link letGoOfFacts}, whose variables they are about.
   */
  letGo(): void;
  /** Lets go of subjects that will never ask again. */
  drop(subjects: ReadonlySet<Subject>): void;
}

type Kept = Map<Subject, Map<object, unknown>>;

/** A question that is being answered. */
interface Open {
  readonly question: Question<Subject, object, unknown>;
  readonly subject: Subject;
  readonly key: object;
  /** Its place among the open questions, and the lowest that its answer hangs on. */
  readonly at: number;
  low: number;
  /** Open questions that it hangs on. */
  readonly asked: Set<Open>;
  value: unknown;
  /** When its answer was last looked for, and when that last gave another one than before. */
  ranAt: number;
  changedAt: number;
  /** How often it was looked for since its circle began to be settled. */
  runs: number;
}

/**
 * An answer that still changes after it was looked for so often, with its circle answered as far as it is, stays as it
 * is. What functions do is dear to find, and most of it is found at once.
 */
const MOST_RUNS = { cheap: 8, dear: 2 };

/** Answers to nothing yet. */
export function createAnswers(worldOf: () => World): Answers {
  const kept = new Map<Open["question"], Kept>();
  const opened = new Map<unknown, Map<object, Open>>();
  const dependents = new Map<Subject, Set<Subject>>();
  const stack: Open[] = [];
  /** Counts what happens while circles are settled. */
  let ticks = 0;
  let asking: Open | null = null;
  let current: Subject | null = null;
  /** Subjects that have answers in a circle with others. */
  const circles = new Map<Subject, Set<Subject>>();
  /** Who hangs on what since the renewal began that goes on. */
  let hangingNow: { readonly subject: Subject; readonly on: Subject }[] | null = null;

  const lookAt = (subject: Subject): void => {
    if (current === null || current === subject) return;
    const known = dependents.get(subject);
    if (known?.has(current)) return;
    if (known) known.add(current);
    else dependents.set(subject, new Set([current]));
    hangingNow?.push({ subject: current, on: subject });
  };
  const onBehalfOf = <T>(subject: Subject, work: () => T): T => {
    const before = current;
    current = subject;
    const result = work();
    current = before;
    return result;
  };
  const run = (open: Open): void => {
    const before = asking;
    asking = open;
    open.ranAt = ++ticks;
    open.value = onBehalfOf(open.subject, () => open.question.find(worldOf(), open.subject, open.key));
    asking = before;
  };
  const keep = ({ question, subject, key, value }: Open): void => {
    opened.get(question)?.delete(key);
    let subjects = kept.get(question);
    if (!subjects) {
      subjects = new Map();
      kept.set(question, subjects);
    }
    const known = subjects.get(subject);
    if (known) known.set(key, value);
    else subjects.set(subject, new Map([[key, value]]));
  };
  const runAgain = (open: Open): void => {
    const before = open.value;
    open.runs++;
    run(open);
    if (isDeeplyEqual(before, open.value)) open.value = before;
    else open.changedAt = ++ticks;
  };
  /** True where the answer was not looked for yet, or not since something that it hangs on has changed. */
  const isDue = ({ ranAt, asked, runs, question }: Open): boolean => {
    if (runs >= (question.isDear ? MOST_RUNS.dear : MOST_RUNS.cheap)) return false;
    if (ranAt === 0) return true;
    for (const { changedAt } of asked) if (changedAt > ranAt) return true;
    return false;
  };
  /**
   * Answers the circle that begins at `start` of the stack: round by round, until nothing changes any more. False where
   * it turns out to hang on a question before it: then it is a part of that one's circle.
   */
  const settle = (start: number): boolean => {
    const isAlone = stack.length === start + 1;
    // Who hangs on nothing but itself has been answered once with nothing known already.
    if (isAlone) stack[start]!.changedAt = ++ticks;
    for (let i = isAlone ? stack.length : start; i < stack.length; i++) {
      const open = stack[i]!;
      open.value = open.question.unknown;
      open.ranAt = 0;
      open.changedAt = 0;
      open.runs = 0;
    }
    for (let isSettled = false; !isSettled; ) {
      isSettled = true;
      // What was asked only now and hangs on the circle belongs to it.
      for (const open of callOrder(stack.slice(start))) {
        if (!isDue(open)) continue;
        isSettled = false;
        runAgain(open);
      }
    }
    const low = Math.min(...stack.slice(start).map((open) => open.low));
    if (low < start) {
      stack[start]!.low = low;
      return false;
    }
    const circle = stack.splice(start);
    const together = new Set<Subject>();
    for (const { subject } of circle) {
      together.add(subject);
      for (const one of circles.get(subject) ?? []) together.add(one);
    }
    if (together.size > 1) for (const subject of together) circles.set(subject, together);
    for (const open of circle) keep(open);
    return true;
  };
  const answer = (question: Open["question"], subject: Subject, key: object): unknown => {
    const open: Open = {
      question,
      subject,
      key,
      at: stack.length,
      low: stack.length,
      asked: new Set(),
      value: question.unknown,
      ranAt: 0,
      changedAt: 0,
      runs: 0,
    };
    stack.push(open);
    let names = opened.get(question);
    if (!names) {
      names = new Map();
      opened.set(question, names);
    }
    names.set(key, open);
    run(open);
    if (open.low < open.at) hangOn(open);
    else if (stack.length > open.at + 1 || open.asked.has(open)) {
      if (!settle(open.at)) hangOn(open);
    } else {
      stack.pop();
      keep(open);
    }
    return open.value;
  };
  const hangOnAny = (subjects: Iterable<Subject>): Set<Subject> => {
    const found = new Set<Subject>();
    const queue = [...subjects];
    for (let subject = queue.pop(); subject !== undefined; subject = queue.pop()) {
      if (found.has(subject)) continue;
      found.add(subject);
      queue.push(...(dependents.get(subject) ?? []));
    }
    return found;
  };
  const forget = (subjects: Iterable<Subject>): Set<Subject> => {
    const outdated = hangOnAny(subjects);
    for (const subject of outdated) {
      dependents.delete(subject);
      for (const answers of kept.values()) answers.delete(subject);
    }
    return outdated;
  };
  /** Forgets what is known about a subject, and returns it. */
  const takeOut = (subject: Subject): (readonly [Open["question"], Map<object, unknown>])[] => {
    const taken: (readonly [Open["question"], Map<object, unknown>])[] = [];
    for (const [question, subjects] of kept) {
      const answers = subjects.get(subject);
      if (answers) taken.push([question, answers]);
      subjects.delete(subject);
    }
    return taken;
  };
  /** Asks anew; adds the keys whose answers are only alike. False where an answer is another one. */
  const saysTheSame = (answers: ReturnType<typeof takeOut>, subject: Subject, alike: Set<object>): boolean =>
    answers.every(([question, known]) =>
      [...known].every(([key, before]) => {
        const likeness = question.compare?.(before, ask(question, subject, key), key) ?? "same";
        if (likeness === "alike") alike.add(key);
        return likeness !== "other";
      }),
    );
  /** Keeps the answers of before: whoever has used them need not be looked at again. */
  const putBack = (
    answers: ReturnType<typeof takeOut>,
    subject: Subject,
    alike: ReadonlySet<object>,
  ): void => {
    for (const [question, known] of answers) {
      if (!question.compare) continue;
      const now = kept.get(question)?.get(subject);
      for (const [key, value] of known) if (!alike.has(key)) now?.set(key, value);
    }
  };
  const hangOn = (open: Open): void => {
    if (asking === null) return;
    asking.low = Math.min(asking.low, open.low);
    asking.asked.add(open);
  };

  const ask = (question: Open["question"], subject: Subject, key: object): unknown => {
    lookAt(subject);
    const known = kept.get(question)?.get(subject);
    if (known?.has(key)) return known.get(key);
    const open = opened.get(question)?.get(key);
    if (!open) return answer(question, subject, key);
    hangOn(open);
    return open.value;
  };

  return {
    lookAt,
    onBehalfOf,
    ask: <S extends Subject, K extends object, V>(question: Question<S, K, V>, subject: S, key: K): V =>
      ask(question as unknown as Open["question"], subject, key) as V,
    renew(lost, changed) {
      const forgotten = forget(lost);
      const before = new Map<Subject, (readonly [Open["question"], Map<object, unknown>])[]>();
      for (const one of changed) {
        for (const subject of circles.get(one) ?? [one])
          if (!forgotten.has(subject) && !before.has(subject)) before.set(subject, takeOut(subject));
      }
      hangingNow = [];
      const others = new Set<Subject>();
      const alike = new Set<object>();
      for (const [subject, answers] of before) if (!saysTheSame(answers, subject, alike)) others.add(subject);
      // A new circle is settled as a whole.
      for (const { subject, on } of hangingNow)
        if (before.has(subject) && !before.has(on) && hangOnAny([subject]).has(on)) others.add(subject);
      hangingNow = null;
      for (const [subject, answers] of before) if (!others.has(subject)) putBack(answers, subject, alike);
      for (const subject of forget(others)) forgotten.add(subject);
      return { forgotten, alike };
    },
    letGo() {
      for (const question of kept.keys()) if (!question.compare) kept.delete(question);
    },
    drop(subjects) {
      for (const [subject, hanging] of dependents) {
        for (const one of hanging) if (subjects.has(one)) hanging.delete(one);
        if (hanging.size === 0) dependents.delete(subject);
      }
      for (const subject of subjects) circles.delete(subject);
    },
  };
}

/** The questions of a circle, those first that others hang on, begun with the first by name. */
function callOrder(circle: readonly Open[]): Open[] {
  if (circle.length === 1) return [...circle];
  const names = new Map(circle.map((open) => [open, open.question.name(open.subject, open.key)]));
  const byName = (a: Open, b: Open): number => (names.get(a)! < names.get(b)! ? -1 : 1);
  const order: Open[] = [];
  const seen = new Set<Open>();
  for (const root of [...circle].sort(byName)) {
    // Depth first without recursion: circles get long.
    const path: { readonly open: Open; readonly next: Open[] }[] = [];
    const enter = (open: Open): void => {
      if (seen.has(open)) return;
      seen.add(open);
      path.push({
        open,
        next: [...open.asked]
          .filter((one) => names.has(one))
          .sort(byName)
          .reverse(),
      });
    };
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.next.pop();
      if (next) enter(next);
      else {
        order.push(top.open);
        path.pop();
      }
    }
  }
  return order;
}

/**
 * True where two answers are made alike of the same things. Objects with a class of their own (functions, places,
 * variables) are things; arrays, sets and plain objects are what answers are made of. `isCounterpart` may take a
 * thing for one that stands in its place now.
 */
export function isDeeplyEqual(
  before: unknown,
  after: unknown,
  isCounterpart: (before: object, after: object) => boolean = () => false,
): boolean {
  const found = new Map<unknown, unknown>();
  const counterparts = new Map<object, object>();
  const isTheCounterpart = (a: object, b: object): boolean => {
    const known = counterparts.get(b);
    counterparts.set(b, known ?? a);
    return (known === undefined || known === a) && isCounterpart(a, b);
  };
  const equal = (a: unknown, b: unknown): boolean => {
    if (a === b) return true;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (found.has(a)) return found.get(a) === b;
    found.set(a, b);
    if (Array.isArray(a))
      return Array.isArray(b) && a.length === b.length && a.every((one, i) => equal(one, b[i]));
    if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every((one) => b.has(one));
    if (a instanceof Map)
      return (
        b instanceof Map && a.size === b.size && [...a].every(([k, v]) => b.has(k) && equal(v, b.get(k)))
      );
    if (Object.getPrototypeOf(a) !== Object.prototype || Object.getPrototypeOf(b) !== Object.prototype)
      return isTheCounterpart(a, b);
    const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
    const names = new Set([...Object.keys(x), ...Object.keys(y)]);
    return [...names].every((name) => equal(x[name], y[name]));
  };
  return equal(before, after);
}

/** The likeness of answers that are either the same or not. */
export function sameOrOther(before: unknown, after: unknown): Likeness {
  return isDeeplyEqual(before, after) ? "same" : "other";
}
