import { expect, test } from 'vitest';

import { SharedAnswers } from './shared-answers.ts';

/** Answers on a clock that stands still until it is moved; each is the number of times that it was made. */
function answers(pages = 10) {
  const clock = { nowMs: 0, pages, made: 0 };
  const shared = new SharedAnswers(
    () => clock.pages,
    () => clock.nowMs,
  );
  return { clock, shared, ask: (name = 'run one') => shared.of(name, () => Promise.resolve(++clock.made)) };
}

test.for([
  { pages: 1, shareMs: 100 },
  { pages: 10, shareMs: 1_000 },
  { pages: 50, shareMs: 5_000 },
  { pages: 500, shareMs: 5_000 },
])('with $pages pages those who ask within $shareMs ms share one answer', async ({ pages, shareMs }) => {
  const { clock, ask } = answers(pages);
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  clock.nowMs = shareMs - 1;
  expect(await ask()).toBe(1);
  clock.nowMs = shareMs;
  expect(await ask()).toBe(2);
});

test('where no page is open everyone gets an answer of his own', async () => {
  const { ask } = answers(0);
  expect(await Promise.all([ask(), ask()])).toEqual([1, 2]);
});

test('answers of other names are others', async () => {
  const { ask } = answers();
  expect([await ask('run one'), await ask('run two'), await ask('run one')]).toEqual([1, 2, 1]);
});

test('what is forgotten is made anew, also while it is still being made', async () => {
  const { shared, ask } = answers();
  const first = ask();
  shared.forget();
  expect(await Promise.all([first, ask()])).toEqual([1, 2]);
});

test('a refusal reaches everyone who waits for it and is not kept', async () => {
  const { shared, ask } = answers();
  const refused = () => shared.of('run one', () => Promise.reject(new Error('no such run')));
  const both = await Promise.allSettled([refused(), refused()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask()).toBe(1);
});
