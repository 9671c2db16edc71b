import { checkFolder, checkKey, checkPrefix } from './keys.ts';
import { type ObjectStore, type StoredObject } from './object-store.ts';

/** The in-memory twin of the real stores, for unit tests of whatever is given a store. Bytes are copied in and out. */
export function openMemoryStore(): ObjectStore {
  const objects = new Map<string, StoredObject & { writtenMs: number }>();
  let written = 0;
  const put = (key: string, bytes: Uint8Array): string => {
    const version = String(++written);
    objects.set(key, { bytes: bytes.slice(), version, writtenMs: Date.now() });
    return version;
  };
  return {
    describe: () => 'memory:',
    async head(key) {
      checkKey(key);
      const found = objects.get(key);
      return found && { sizeBytes: found.bytes.length, version: found.version };
    },
    async get(key) {
      checkKey(key);
      const found = objects.get(key);
      return found && { bytes: found.bytes.slice(), version: found.version };
    },
    async create(key, bytes) {
      checkKey(key);
      if (objects.has(key)) return 'exists';
      put(key, bytes);
      return 'created';
    },
    async replace(key, bytes, version) {
      checkKey(key);
      return objects.get(key)?.version === version ? put(key, bytes) : undefined;
    },
    async *list(prefix) {
      checkPrefix(prefix);
      for (const key of [...objects.keys()].filter((name) => name.startsWith(prefix)).sort()) {
        const found = objects.get(key);
        if (found) yield { key, sizeBytes: found.bytes.length, writtenMs: found.writtenMs };
      }
    },
    async folders(folder) {
      checkFolder(folder);
      const below = [...objects.keys()].filter((key) => key.startsWith(folder)).map((key) => key.slice(folder.length));
      return [...new Set(below.filter((key) => key.includes('/')).map((key) => key.split('/', 1)[0] as string))].sort();
    },
    async delete(key) {
      checkKey(key);
      objects.delete(key);
    },
  };
}
