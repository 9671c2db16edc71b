import type { ObjectStore } from '#lib/storage';

/**
 * Writes an object that belongs to a result which is not there yet and names it, or is read with it. One that lies there is of a
 * measurement that did not come to its end: on the same machine it is the same, of another it may differ in its last digits, and what the
 * result says must be what lies beside it.
 */
export async function putBeforeResult(
  store: Pick<ObjectStore, 'create' | 'get' | 'delete'>,
  key: string,
  bytes: Uint8Array,
): Promise<void> {
  while ((await store.create(key, bytes)) === 'exists') {
    const there = await store.get(key);
    if (there && Buffer.compare(there.bytes, bytes) === 0) return;
    await store.delete(key);
  }
}
