import { expect, test } from 'vitest';

import { isKey, openMemoryStore } from '#lib/storage';

import { beginStrike, clearStrikes, maxStrikes, strikeKey } from './strikes.ts';

const key = 'views/abc/e0001/b000002.safetensors';

test('the first two deliveries leave no mark', async () => {
  const store = openMemoryStore();
  expect(await beginStrike(store, key, 1)).toEqual({ kind: 'none' });
  expect(await beginStrike(store, key, 2)).toEqual({ kind: 'none' });
  for (let n = 1; n <= maxStrikes; n++) expect(await store.head(strikeKey(key, n))).toBeUndefined();
});

test('each crash takes the next mark, and the sixth attempt is one too many', async () => {
  const store = openMemoryStore();
  for (let n = 1; n <= maxStrikes; n++) expect(await beginStrike(store, key, n + 2)).toEqual({ kind: 'marked', n });
  expect(await beginStrike(store, key, 8)).toEqual({ kind: 'exhausted' });
  await clearStrikes(store, key);
  expect(await beginStrike(store, key, 9)).toEqual({ kind: 'marked', n: 1 });
});

test('a healthy job in between does not excuse the crashes before it', async () => {
  const store = openMemoryStore();
  await beginStrike(store, key, 3);
  const healthy = await beginStrike(store, key, 4);
  expect(healthy).toEqual({ kind: 'marked', n: 2 });
  await store.delete(strikeKey(key, 2));
  expect(await beginStrike(store, key, 5)).toEqual({ kind: 'marked', n: 2 });
});

test('a mark lies beside its object, under a key that storage takes', () => {
  expect(strikeKey(key, 3)).toBe('views/abc/e0001/b000002.strike-3.json');
  expect(isKey(strikeKey(key, 3))).toBe(true);
});
