import { expect, test } from 'vitest';

import { keys, newRunHead } from '#lib/contracts';
import { jsonBytes, openMemoryStore } from '#lib/storage';

import { isPointless } from './is-pointless.ts';

const job = { target: 'pictures', run: 'one', step: 10 } as const;

test('pictures of a checkpoint that was pruned, and whatever is asked of a removed run, are not made', async () => {
  const store = openMemoryStore();
  const head = newRunHead('one', '2026-01-01T00:00:00.000Z');
  const entry = { step: 10, cursor: { epoch: 1, batch: 0 }, kind: 'fixed' as const, folder: 'f', sizeBytes: 1 };
  const put = async (change: object) => {
    await store.delete(keys.runHead('one'));
    await store.create(keys.runHead('one'), jsonBytes({ ...head, ...change }));
  };
  await put({ checkpoints: [entry] });
  expect(await isPointless(store, job)).toBe(false);
  await put({ checkpoints: [{ ...entry, step: 20 }] });
  expect(await isPointless(store, job)).toBe(true);
  expect(await isPointless(store, { ...job, step: 0 })).toBe(false);
  expect(await isPointless(store, { ...job, target: 'run' })).toBe(false); // it is refused, with the steps that there are
  await put({ state: 'removed', checkpoints: [entry] });
  expect(await isPointless(store, { ...job, target: 'pixels', step: 0 })).toBe(true);
});
