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
}

/** The answers about one program. */
export interface Answers {
  /** The answer, found now or kept; whoever is being answered hangs on it from now on. */
  ask<S extends Subject, K extends object, V>(question: Question<S, K, V>, subject: S, key: K): V;
  /** Whoever is being answered hangs on the subject from now on. */
  lookAt(subject: Subject): void;
  /** Does something whose findings are kept with the subject: it hangs on what is asked meanwhile. */
  onBehalfOf<T>(subject: Subject, work: () => T): T;
  /** Forgets everything about the subjects and about all that hang on them; returns all of these. */
  forget(subjects: Iterable<Subject>): Set<Subject>;
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
}

/** How often a circle is settled anew because looking closer showed that it is bigger. */
const MOST_RESTARTS = 4;

/** Answers to nothing yet. */
export function createAnswers(worldOf: () => World): Answers {
  const kept = new Map<unknown, Kept>();
  const opened = new Map<unknown, Map<object, Open>>();
  const dependents = new Map<Subject, Set<Subject>>();
  const stack: Open[] = [];
  let asking: Open | null = null;
  let current: Subject | null = null;

  const lookAt = (subject: Subject): void => {
    if (current === null || current === subject) return;
    const known = dependents.get(subject);
    if (known) known.add(current);
    else dependents.set(subject, new Set([current]));
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
  /** Answers the circle that begins at `start` of the stack, in two rounds: the second knows what the first found. */
  const settle = (start: number): void => {
    for (let restarts = 0; ; restarts++) {
      const circle = stack.slice(start);
      const order = callOrder(circle);
      if (circle.length > 1 || restarts > 0) {
        for (const open of order) open.value = open.question.unknown;
        for (const open of order) run(open);
      }
      for (const open of order) run(open);
      // What was asked only now and hangs on the circle belongs to it.
      if (stack.length === start + circle.length || restarts === MOST_RESTARTS) break;
    }
    for (const open of stack.splice(start)) keep(open);
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
    else if (stack.length > open.at + 1 || open.asked.has(open)) settle(open.at);
    else {
      stack.pop();
      keep(open);
    }
    return open.value;
  };
  const hangOn = (open: Open): void => {
    if (asking === null) return;
    asking.low = Math.min(asking.low, open.low);
    asking.asked.add(open);
  };

  return {
    lookAt,
    onBehalfOf,
    ask<S extends Subject, K extends object, V>(question: Question<S, K, V>, subject: S, key: K): V {
      lookAt(subject);
      const known = kept.get(question)?.get(subject);
      if (known?.has(key)) return known.get(key) as V;
      const open = opened.get(question)?.get(key);
      if (open) {
        hangOn(open);
        return open.value as V;
      }
      return answer(question as unknown as Open["question"], subject, key) as V;
    },
    forget(subjects) {
      const outdated = new Set<Subject>();
      const queue = [...subjects];
      for (let subject = queue.pop(); subject !== undefined; subject = queue.pop()) {
        if (outdated.has(subject)) continue;
        outdated.add(subject);
        queue.push(...(dependents.get(subject) ?? []));
      }
      for (const subject of outdated) {
        dependents.delete(subject);
        for (const answers of kept.values()) answers.delete(subject);
      }
      return outdated;
    },
    drop(subjects) {
      for (const [subject, hanging] of dependents) {
        for (const one of hanging) if (subjects.has(one)) hanging.delete(one);
        if (hanging.size === 0) dependents.delete(subject);
      }
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
