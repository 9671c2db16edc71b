import { kindOfKey } from '#lib/contracts';
import { FaultError, faultPoint } from '#lib/faults';

import { type ObjectStore } from './object-store.ts';
import { isTransientCode, StorageError } from './storage-error.ts';

/** A fault of the system arrives as it does from a store. */
function pass(point: string): void {
  try {
    faultPoint(point);
  } catch (error) {
    if (!(error instanceof FaultError) || error.code === undefined) throw error;
    throw new StorageError(error.message, { transient: isTransientCode(error.code), cause: error });
  }
}

/** The store with a fault point on both sides of every write. */
export function withFaultPoints(store: ObjectStore): ObjectStore {
  const between = async <T>(operation: string, key: string, work: () => Promise<T>): Promise<T> => {
    const point = `${operation} ${kindOfKey(key)}`;
    pass(`${point} before`);
    const result = await work();
    pass(`${point} after`);
    return result;
  };
  return {
    describe: () => store.describe(),
    head: (key) => store.head(key),
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    folders: (folder) => store.folders(folder),
    create: (key, bytes) => between('create', key, () => store.create(key, bytes)),
    replace: (key, bytes, version) => between('replace', key, () => store.replace(key, bytes, version)),
    delete: (key) => between('delete', key, () => store.delete(key)),
  };
}
