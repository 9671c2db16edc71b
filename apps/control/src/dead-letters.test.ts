import { expect, test } from 'vitest';

import { type DeadLetter, keys, type RunHead } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import { changeHead, letters, putDataset, sha, tinyControl } from './control.fixture.ts';

const block = keys.viewBlock(sha('b'), 0, 3);
const letter = (change: Partial<DeadLetter> = {}): DeadLetter => ({
  version: 1,
  subject: 'unlabel.augment.b.0.3',
  payload: '{}',
  reason: 'the shard was altered',
  remedy: null,
  deliveries: 1,
  strikes: 0,
  resultKey: block,
  failedMark: keys.failedMark(block),
  at: '2026-11-28T00:00:00.000Z',
  ...change,
});

/** Two runs that are blocked by one block each, of which the first has a dead letter; and one that waits. */
async function blockedRuns(
  held = [letter(), letter({ subject: 'unlabel.probe.x', resultKey: null, failedMark: null })],
) {
  const port = letters(held);
  const tiny = tinyControl({ deadLetters: port });
  await putDataset(tiny, 'pets');
  for (const run of ['one', 'two', 'three'])
    await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run });
  const blocked = (blockedBy: string): Partial<RunHead> => ({ state: 'blocked', reason: 'no block', blockedBy });
  await changeHead(tiny, 'one', blocked(block));
  await changeHead(tiny, 'two', blocked(keys.viewBlock(sha('c'), 0, 3)));
  tiny.published.length = 0;
  return { ...tiny, port };
}

test('a dead letter that is retried lets the runs that it blocked go on, and no others', async () => {
  const { control, subjects } = await blockedRuns();
  const end = await control.deadLetters.retry('unlabel.augment.b.0.3');
  expect(end).toEqual({ letter: letter(), resumed: ['one'] });
  expect(subjects()).toEqual(['unlabel.pretrain.simsiam.one']);
  expect(await control.runs.head('one')).toMatchObject({ state: 'queued', reason: null, blockedBy: null });
  expect((await control.runs.head('two')).state).toBe('blocked');
  expect(await control.deadLetters.list()).toHaveLength(1);
});

test('one that made no object lets no run go on, nor does one that is dropped', async () => {
  const { control, port } = await blockedRuns();
  expect((await control.deadLetters.retry('unlabel.probe.x')).resumed).toEqual([]);
  expect((await control.deadLetters.drop('unlabel.augment.b.0.3')).resumed).toEqual([]);
  expect((await control.runs.head('one')).state).toBe('blocked');
  expect(port.retried).toEqual(['unlabel.probe.x']);
  await expect(control.deadLetters.retry('unlabel.augment.b.0.3')).rejects.toThrow('there is none of');
});

test('a blocked run that is resumed has its block asked for again, whether its letter is there or was dropped', async () => {
  const { control, store, port } = await blockedRuns();
  const other = keys.failedMark(keys.viewBlock(sha('c'), 0, 3));
  await store.create(other, jsonBytes({ reason: 'no' }));
  for (const run of ['one', 'two']) await control.runs.resume(run);
  expect(port.retried).toEqual(['unlabel.augment.b.0.3']);
  expect(await store.get(other)).toBeUndefined();
  for (const run of ['one', 'two'])
    expect(await control.runs.head(run)).toMatchObject({ state: 'queued', blockedBy: null });
});
