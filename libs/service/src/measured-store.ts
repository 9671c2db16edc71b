import { Counter, Histogram, type Registry } from 'prom-client';

import type { ObjectStore } from '#lib/storage';

/** The same store; its operations, their time and the bytes that go either way are counted in the registry. */
export function measuredStore(store: ObjectStore, registry: Registry): ObjectStore {
  const { time, read, written } = figures(registry);
  return {
    ...store,
    describe: () => store.describe(),
    head: (key) => time('head', () => store.head(key)),
    get: async (key) => {
      const object = await time('get', () => store.get(key));
      if (object) read(object.bytes.length);
      return object;
    },
    create: async (key, bytes) => {
      const result = await time('create', () => store.create(key, bytes));
      if (result === 'created') written(bytes.length);
      return result;
    },
    replace: async (key, bytes, version) => {
      const replaced = await time('replace', () => store.replace(key, bytes, version));
      if (replaced !== undefined) written(bytes.length);
      return replaced;
    },
    async *list(prefix) {
      const end = time.start('list');
      try {
        yield* store.list(prefix);
        end('done');
      } catch (error) {
        end('failed');
        throw error;
      }
    },
    delete: (key) => time('delete', () => store.delete(key)),
  };
}

type Operation = 'head' | 'get' | 'create' | 'replace' | 'list' | 'delete';

function figures(registry: Registry) {
  const registers = [registry];
  const operations = new Counter({
    name: 'unlabel_storage_operations_total',
    help: 'operations on the object storage; failed: it was away or refused',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'unlabel_storage_operation_duration_seconds',
    help: 'time of an operation on the object storage; of list, with what is done between its results',
    labelNames: ['operation'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const bytes = new Counter({
    name: 'unlabel_storage_bytes_total',
    help: 'bytes of objects read from the storage or written to it',
    labelNames: ['direction'],
    registers,
  });
  for (const direction of ['read', 'written']) bytes.inc({ direction }, 0);
  const start = (operation: Operation) => {
    const startedMs = performance.now();
    return (outcome: 'done' | 'failed') => {
      operations.inc({ operation, outcome });
      seconds.observe({ operation }, (performance.now() - startedMs) / 1000);
    };
  };
  const time = async <T>(operation: Operation, work: () => Promise<T>): Promise<T> => {
    const end = start(operation);
    try {
      const result = await work();
      end('done');
      return result;
    } catch (error) {
      end('failed');
      throw error;
    }
  };
  return {
    time: Object.assign(time, { start }),
    read: (size: number) => bytes.inc({ direction: 'read' }, size),
    written: (size: number) => bytes.inc({ direction: 'written' }, size),
  };
}
