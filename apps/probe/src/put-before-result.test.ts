import { expect, test } from 'vitest';

import { openMemoryStore } from '#lib/storage';

import { putBeforeResult } from './put-before-result.ts';

test('what an attempt that was cut off left gives way to what the result belongs to', async () => {
  const store = openMemoryStore();
  for (const bytes of [Uint8Array.of(1, 2), Uint8Array.of(1, 2), Uint8Array.of(3)]) {
    await putBeforeResult(store, 'runs/one/predictions/x', bytes);
    expect((await store.get('runs/one/predictions/x'))?.bytes).toEqual(bytes);
  }
});
