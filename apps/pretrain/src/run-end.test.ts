import { expect, test } from 'vitest';

import { CrashError, maxStrikes } from '#lib/bus';
import { keys, newRunHead } from '#lib/contracts';
import { jsonBytes, openMemoryStore } from '#lib/storage';

import { OwnedHead, readHead } from './claim.ts';
import { endRun } from './run-end.ts';

test('what nobody foresaw is tried again from the last checkpoint, and ends the run at the last strike, with its words', async () => {
  const store = openMemoryStore();
  await store.create(keys.runHead('one'), jsonBytes(newRunHead('one', '2026-01-01T00:00:00.000Z')));
  for (let attempt = 1; attempt < maxStrikes; attempt++) {
    const owned = await OwnedHead.claim(store, 'one');
    await expect(endRun(owned, { type: 'crashed', message: 'odd' })).rejects.toThrow(CrashError);
    expect((await readHead(store, 'one')).head).toMatchObject({ state: 'running', attemptsSinceAdvance: attempt });
  }
  const { end } = await endRun(await OwnedHead.claim(store, 'one'), { type: 'crashed', message: 'odd' });
  expect(end).toBe('done');
  expect((await readHead(store, 'one')).head).toMatchObject({
    state: 'failed',
    reason: `${maxStrikes} attempts in a row failed, at last with: odd`,
    remedy: expect.stringContaining('./unlabel resume one'),
  });
});

test('what was foreseen ends the run at once, with what to do', async () => {
  const store = openMemoryStore();
  await store.create(keys.runHead('one'), jsonBytes(newRunHead('one', '2026-01-01T00:00:00.000Z')));
  const { end } = await endRun(await OwnedHead.claim(store, 'one'), {
    type: 'failed',
    message: 'the loss is not finite',
    remedy: 'a lower learning rate',
  });
  expect(end).toBe('done');
  expect((await readHead(store, 'one')).head).toMatchObject({
    state: 'failed',
    reason: 'the loss is not finite',
    remedy: 'a lower learning rate',
  });
});
