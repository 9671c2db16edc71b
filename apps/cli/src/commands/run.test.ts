import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import type { Context } from '../context.ts';
import { parseChanges, run } from './run.ts';

const context: Context = {
  json: false,
  control: () => Promise.reject(new Error('control was asked')),
  print: () => undefined,
  say: () => undefined,
};

test('changes are cut at the first "="; the value may hold more, or be empty', () => {
  expect(parseChanges(['epochs=10', 'a.b={x: "1=2"}', 'seed='])).toEqual({
    epochs: '10',
    'a.b': '{x: "1=2"}',
    seed: '',
  });
  expect(parseChanges([])).toEqual({});
});

test.each(['epochs', '=3', ''])('"%s" is no change', (word) => {
  expect(() => parseChanges([word])).toThrow(UsageError);
});

test.each([
  [[], {}],
  [[], { dataset: 'a', data: 'b' }],
  [['epochs'], { dataset: 'a' }],
  [['epochs'], { data: 'b' }],
])('changes %j with %j are refused before control is asked', async (changes, flags) => {
  await expect(run(context, 'mae', changes, flags)).rejects.toThrow(UsageError);
});
