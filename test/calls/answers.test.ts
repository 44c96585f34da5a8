/** Answers that hang on each other in circles: the same, whichever was asked for first. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Answers, createAnswers, type Question } from "../../src/server/core/calls/answers.ts";
import type { World } from "../../src/server/core/calls/callees.ts";

/** Reaches others; some only once it is known to reach another. */
interface Place {
  readonly name: number;
  readonly to: readonly { readonly place: number; readonly once: number | null }[];
}

function questionOf(
  places: readonly Place[],
  answers: () => Answers,
): Question<Place, Place, readonly number[]> {
  const question: Question<Place, Place, readonly number[]> = {
    unknown: [],
    name: (_, { name }) => String(name).padStart(4, "0"),
    find(_world, _subject, place) {
      const found = new Set([place.name]);
      for (const { place: other, once } of place.to) {
        if (once !== null && !found.has(once)) continue;
        const to = places[other]!;
        for (const one of answers().ask(question, to, to)) found.add(one);
      }
      return [...found].sort((a, b) => a - b);
    },
  };
  return question;
}

function answersIn(places: readonly Place[], order: readonly number[]): (readonly number[])[] {
  // Nothing is asked of the world here.
  const answers: Answers = createAnswers(() => ({ answers }) as World);
  const question = questionOf(places, () => answers);
  for (const i of order) answers.ask(question, places[i]!, places[i]!);
  return places.map((place) => answers.ask(question, place, place));
}

/** Whether the places are as many as only some circles get. */
const graph = (size: number): fc.Arbitrary<readonly Place[]> =>
  fc
    .array(
      fc.array(
        fc.record({
          place: fc.nat({ max: size - 1 }),
          once: fc.option(fc.nat({ max: size - 1 }), { freq: 3 }),
        }),
        { minLength: 0, maxLength: 3, size: "max" },
      ),
      { minLength: size, maxLength: size },
    )
    .map((all) => all.map((to, name) => ({ name, to })));

test.each([5, 20, 120])("%d places, in any order", (size) => {
  fc.assert(
    fc.property(
      graph(size),
      fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
      (places, order) => {
        expect(answersIn(places, order)).toEqual(answersIn(places, [...places.keys()]));
      },
    ),
    { numRuns: 300 },
  );
});
