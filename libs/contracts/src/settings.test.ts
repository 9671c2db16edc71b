import { expect, test } from 'vitest';

import { flattenSettings, settingsThatDiffer, settingText } from './settings.ts';

test('values have dotted keys; lists of plain values stay whole', () => {
  const tree = { a: 1, b: { c: [1, 2], d: [{ e: null }, { e: 'x' }], f: {} } };
  expect([...flattenSettings(tree)]).toEqual([
    ['a', 1],
    ['b.c', [1, 2]],
    ['b.d.0.e', null],
    ['b.d.1.e', 'x'],
    ['b.f', {}],
  ]);
});

test('only what differs is told, with what each has', () => {
  expect(
    settingsThatDiffer([
      { a: 1, b: [1], c: 2 },
      { a: 1, b: [1, 2] },
    ]),
  ).toEqual([
    { key: 'b', values: [[1], [1, 2]] },
    { key: 'c', values: [2, undefined] },
  ]);
  expect(settingsThatDiffer([{ a: 1 }, { a: 1 }])).toEqual([]);
});

test.each([
  ['sgd', 'sgd'],
  [null, 'none'],
  [undefined, '–'],
  [[1, 2], '[1, 2]'],
  [false, 'false'],
])('the setting %j is written %s', (value, text) => expect(settingText(value)).toBe(text));
