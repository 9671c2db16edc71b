import { expect, test, vi } from 'vitest';

import { keys, newRunHead } from '#lib/contracts';
import { jsonBytes, openMemoryStore } from '#lib/storage';

import { KnownHeads } from './known-heads.ts';

test('a head is read again when it was replaced, and only then', async () => {
  const store = openMemoryStore();
  const heads = new KnownHeads(store);
  expect(await heads.read('one')).toBeUndefined();
  const head = newRunHead('one', '2026-01-01T00:00:00.000Z');
  const version = await store.replace(keys.runHead('one'), jsonBytes(head), undefined);
  const reads = vi.spyOn(store, 'get');
  for (let i = 0; i < 3; i++) expect(await heads.read('one')).toEqual({ value: head, version });
  expect(reads).toHaveBeenCalledTimes(1);
  const next = { ...head, state: 'running' as const };
  const replaced = await store.replace(keys.runHead('one'), jsonBytes(next), version);
  expect(await heads.read('one')).toEqual({ value: next, version: replaced });
  await store.delete(keys.runHead('one'));
  expect(await heads.read('one')).toBeUndefined();
});
