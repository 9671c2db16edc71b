import { setTimeout as sleep } from 'node:timers/promises';

import { type ObjectStore } from './object-store.ts';
import { StorageError } from './storage-error.ts';

export interface Waiting {
  /** the operation and the key or prefix that wait */
  operation: 'head' | 'get' | 'create' | 'replace' | 'list' | 'delete';
  key: string;
  error: StorageError;
  /** how long this operation has waited so far, and until the next try */
  waitedMs: number;
  delayMs: number;
}

export interface WaitingOptions {
  /** told before each wait, so that someone can see what is waited for */
  onWait: (waiting: Waiting) => void;
  /** ends the waiting: the operation rejects with its reason */
  signal: AbortSignal;
  /** first delay; each further one is twice as long, up to `maxDelayMs` @default 100 */
  firstDelayMs?: number;
  /** @default 5000 */
  maxDelayMs?: number;
}

/**
 * The same store, but one that is away, busy or full is waited for instead of failing: transient errors are tried again until
 * the signal aborts. All other errors pass through.
 *
 * A failed write may have been done, its reply lost. So where a repeated `create` or `replace` finds the object taken, equal
 * bytes count as this write. Bytes that tell writers apart (a nonce in every head) make that certain.
 */
export function waitingStore(store: ObjectStore, options: WaitingOptions): ObjectStore {
  const waiter = new Waiter(options);
  return {
    describe: () => store.describe(),
    head: (key) => waiter.run('head', key, () => store.head(key)),
    get: (key) => waiter.run('get', key, () => store.get(key)),
    create: (key, bytes) =>
      waiter.run('create', key, async (repeated) => {
        const result = await store.create(key, bytes);
        return result === 'exists' && repeated && (await versionIfEqual(store, key, bytes)) ? 'created' : result;
      }),
    replace: (key, bytes, version) =>
      waiter.run('replace', key, async (repeated) => {
        const replaced = await store.replace(key, bytes, version);
        return replaced ?? (repeated ? versionIfEqual(store, key, bytes) : undefined);
      }),
    list: (prefix) => waiter.list(store, prefix),
    folders: (folder) => waiter.run('list', folder, () => store.folders(folder)),
    delete: (key) => waiter.run('delete', key, () => store.delete(key)),
  };
}

class Waiter {
  readonly #options: WaitingOptions;
  constructor(options: WaitingOptions) {
    this.#options = options;
  }

  /** Does `work` until it succeeds or fails for good; `repeated` says that it has failed before. */
  async run<T>(operation: Waiting['operation'], key: string, work: (repeated: boolean) => Promise<T>): Promise<T> {
    const started = performance.now();
    for (let tries = 0; ; tries++) {
      this.#options.signal.throwIfAborted();
      try {
        return await work(tries > 0);
      } catch (error) {
        await this.wait({ operation, key, error, waitedMs: Math.round(performance.now() - started) }, tries);
      }
    }
  }

  /** Lists on after the last key that arrived. */
  async *list(store: ObjectStore, prefix: string): ReturnType<ObjectStore['list']> {
    let last: string | undefined;
    let started = performance.now();
    for (let tries = 0; ; tries++) {
      try {
        for await (const object of store.list(prefix)) {
          if (last !== undefined && object.key <= last) continue;
          yield object;
          last = object.key;
          tries = 0;
          started = performance.now();
        }
        return;
      } catch (error) {
        const waitedMs = Math.round(performance.now() - started);
        await this.wait({ operation: 'list', key: prefix, error, waitedMs }, tries);
      }
    }
  }

  /** Waits before the next try, or throws what waiting can't help. */
  async wait(waiting: Omit<Waiting, 'error' | 'delayMs'> & { error: unknown }, tries: number): Promise<void> {
    const { error } = waiting;
    if (!(error instanceof StorageError) || !error.transient) throw error;
    const { signal, onWait, firstDelayMs = 100, maxDelayMs = 5_000 } = this.#options;
    const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(tries, 16));
    signal.throwIfAborted();
    onWait({ ...waiting, error, delayMs });
    await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function versionIfEqual(store: ObjectStore, key: string, bytes: Uint8Array): Promise<string | undefined> {
  const found = await store.get(key);
  return found && Buffer.compare(found.bytes, bytes) === 0 ? found.version : undefined;
}
