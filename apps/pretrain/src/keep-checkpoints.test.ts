import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type CheckpointEntry, keys } from '#lib/contracts';
import { openMemoryStore } from '#lib/storage';

import { keptCheckpoints, sweepCheckpoints } from './keep-checkpoints.ts';

const entry = (step: number, kind: CheckpointEntry['kind']): CheckpointEntry => ({
  step,
  cursor: { epoch: 0, batch: step },
  kind,
  folder: keys.checkpoint('a', step, 1),
  sizeBytes: 1,
});
const kept = (kinds: string, keep: number) =>
  keptCheckpoints(
    [...kinds].map((letter, i) => entry(i + 1, ({ f: 'fixed', t: 'time', e: 'final' } as const)[letter as 'f'])),
    keep,
  ).map(({ step }) => step);

test('keeps the last fixed ones and the newest, and those by time only while they are the newest', () => {
  expect(kept('ftft', 3)).toEqual([1, 3, 4]);
  expect(kept('ffff', 2)).toEqual([3, 4]);
  expect(kept('ttt', 2)).toEqual([3]);
  expect(kept('', 2)).toEqual([]);
});

test('keeps a final checkpoint for good, beside the fixed ones', () => {
  expect(kept('ffte', 1)).toEqual([2, 4]);
  expect(kept('fefff', 1)).toEqual([2, 5]);
});

test('keeps what is held, whatever its age', () => {
  const all = [1, 2, 3, 4].map((step) => entry(step, 'fixed'));
  expect(keptCheckpoints(all, 1, ({ step }) => step === 2).map(({ step }) => step)).toEqual([2, 4]);
});

test('what is kept after each checkpoint is what would be kept of all of them', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('fixed', 'time')), fc.integer({ min: 1, max: 4 }), (kinds, keep) => {
      const all = kinds.map((kind, i) => entry(i + 1, kind as 'fixed'));
      const oneByOne = all.reduce<CheckpointEntry[]>((head, next) => keptCheckpoints([...head, next], keep), []);
      expect(oneByOne).toEqual(keptCheckpoints(all, keep));
      expect(oneByOne.at(-1)).toBe(all.at(-1));
      expect(oneByOne.length).toBeLessThanOrEqual(keep + 1);
    }),
  );
});

test('sweeping removes every file of the dropped folders and nothing else', async () => {
  const store = openMemoryStore();
  const [first, second] = [keys.checkpoint('a', 1, 1), keys.checkpoint('a', 1, 10)];
  for (const folder of [first, second, `${first}0`])
    for (const file of ['model.safetensors', 'manifest.json'])
      await store.create(keys.checkpointFile(folder, file), new Uint8Array(1));
  await sweepCheckpoints(store, [entry(1, 'time')]);
  const left: string[] = [];
  for await (const { key } of store.list('runs/')) left.push(key);
  expect(left.sort()).toEqual(
    [second, `${first}0`].flatMap((folder) => [`${folder}/manifest.json`, `${folder}/model.safetensors`]).sort(),
  );
});
