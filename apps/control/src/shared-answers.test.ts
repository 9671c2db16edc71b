import { expect, test } from 'vitest';

import { SharedAnswers } from './shared-answers.ts';

/** Answers on a clock that stands still until it is moved; each is the number of times that it was made. */
function answers() {
  const clock = { nowMs: 0, made: 0 };
  const shared = new SharedAnswers(1_000, () => clock.nowMs);
  return { clock, shared, ask: (name = 'run one') => shared.of(name, () => Promise.resolve(++clock.made)) };
}

test('those who ask within a second share one answer; who asks later gets a new one', async () => {
  const { clock, ask } = answers();
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  clock.nowMs = 999;
  expect(await ask()).toBe(1);
  clock.nowMs = 1_000;
  expect(await ask()).toBe(2);
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
