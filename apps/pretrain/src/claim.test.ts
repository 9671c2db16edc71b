import { expect, test } from 'vitest';

import { type CheckpointEntry, keys, newRunHead, NotFoundError, type RunHead, runHeadSchema } from '#lib/contracts';
import { jsonBytes, type ObjectStore, openMemoryStore } from '#lib/storage';

import { FencedError, OwnedHead, readHead } from './claim.ts';

const key = keys.runHead('a');
const at = '2025-01-01T00:00:00.000Z';
const queued: RunHead = { ...newRunHead('a', at), nonce: '', reason: 'earlier', remedy: 'earlier' };
const entry: CheckpointEntry = {
  step: 1,
  cursor: { epoch: 0, batch: 1 },
  kind: 'time',
  folder: keys.checkpoint('a', 1, 1),
  sizeBytes: 1,
};
const withEntry = (head: RunHead) => ({ checkpoints: [...head.checkpoints, entry] });

async function storeWithRun(): Promise<ObjectStore> {
  const store = openMemoryStore();
  await store.create(key, jsonBytes(queued));
  return store;
}

/** Changes the head as control does, whoever owns it. */
async function control(store: ObjectStore, change: Partial<RunHead>): Promise<void> {
  const { head, version } = await readHead(store, 'a');
  expect(await store.replace(key, jsonBytes({ ...head, ...change }), version)).toBeDefined();
}

/** A store whose next replacement arrives and is then answered as lost, as when an SDK tries again. */
function losingToItself(store: ObjectStore, afterwards: () => Promise<void> = async () => {}): ObjectStore {
  let armed = true;
  const replace: ObjectStore['replace'] = async (...args) => {
    const version = await store.replace(...args);
    if (!armed) return version;
    armed = false;
    await afterwards();
    return undefined;
  };
  return { ...store, replace };
}

test('a claim counts the attempt and the strike, and clears what the last owner said', async () => {
  const store = await storeWithRun();
  const { head } = await OwnedHead.claim(store, 'a');
  expect(head).toMatchObject({ attempt: 1, attemptsSinceAdvance: 1, state: 'running', reason: null, remedy: null });
  expect((await readHead(store, 'a')).head).toEqual(head);
  expect(runHeadSchema.parse(head)).toEqual(head);
});

test('of two claims at the same moment one wins, and the other is fenced', async () => {
  const store = await storeWithRun();
  const claims = await Promise.allSettled([OwnedHead.claim(store, 'a'), OwnedHead.claim(store, 'a')]);
  const [won, lost] = ['fulfilled', 'rejected'].map((status) => claims.filter((claim) => claim.status === status));
  expect([won?.length, lost?.length]).toEqual([1, 1]);
  expect((lost?.[0] as PromiseRejectedResult).reason).toBeInstanceOf(FencedError);
  const { head } = await readHead(store, 'a');
  expect(head.attempt).toBe(1);
  expect(head.nonce).toBe((won?.[0] as PromiseFulfilledResult<OwnedHead>).value.head.nonce);
});

test('a later claim fences the owner: neither refresh nor commit goes through, and nothing of it arrives', async () => {
  const store = await storeWithRun();
  const first = await OwnedHead.claim(store, 'a');
  const second = await OwnedHead.claim(store, 'a');
  await expect(first.refresh()).rejects.toThrow('run a: attempt 2 owns it now');
  await expect(first.commit(withEntry)).rejects.toBeInstanceOf(FencedError);
  expect((await readHead(store, 'a')).head).toEqual(second.head);
});

test('a claim or a commit that arrived though the store calls it lost counts, once', async () => {
  const store = await storeWithRun();
  const owned = await OwnedHead.claim(losingToItself(store), 'a');
  expect(owned.head).toMatchObject({ attempt: 1 });
  const committing = await OwnedHead.claim(store, 'a');
  Object.assign(store, losingToItself({ ...store }));
  expect((await committing.commit(withEntry)).checkpoints).toEqual([entry]);
});

test('such a commit counts once also when control wanted a stop right after it', async () => {
  const store = await storeWithRun();
  const owned = await OwnedHead.claim(store, 'a');
  Object.assign(
    store,
    losingToItself({ ...store }, () => control(store, { wanted: 'stop', updatedAt: at })),
  );
  expect(await owned.commit(withEntry)).toMatchObject({ wanted: 'stop', checkpoints: [entry] });
  expect((await readHead(store, 'a')).head.checkpoints).toEqual([entry]);
});

test('a commit keeps what control wanted in between', async () => {
  const store = await storeWithRun();
  const owned = await OwnedHead.claim(store, 'a');
  await control(store, { wanted: 'stop' });
  expect(owned.head.wanted).toBe('run');
  expect(await owned.commit(withEntry)).toMatchObject({ wanted: 'stop', checkpoints: [entry] });
  expect((await readHead(store, 'a')).head).toEqual(owned.head);
  expect((await owned.commit(() => ({ state: 'stopped' }))).checkpoints).toEqual([entry]);
});

test('a refresh that a commit overtakes does not bring the old head back', async () => {
  const store = await storeWithRun();
  const owned = await OwnedHead.claim(store, 'a');
  const old = await store.get(key);
  const get = store.get.bind(store);
  let answer: (() => void) | undefined;
  store.get = () => new Promise((resolve) => (answer = () => resolve(old)));
  const reading = owned.refresh();
  store.get = get;
  const committed = await owned.commit(withEntry);
  answer?.();
  expect(await reading).toEqual(committed);
  expect(owned.head).toEqual(committed);
});

test('a run without a head can neither be claimed nor read', async () => {
  const store = openMemoryStore();
  await expect(OwnedHead.claim(store, 'a')).rejects.toBeInstanceOf(NotFoundError);
  await expect(readHead(store, 'a')).rejects.toThrow('run a has no head in memory:');
});
