import { setTimeout as sleep } from 'node:timers/promises';

import { jobConsumers } from '#lib/bus';
import { augmentJobSchema } from '#lib/contracts';

import { runWorker } from './worker.ts';

runWorker('augment', async ({ store }) => ({
  name: 'augment',
  consumers: jobConsumers('augment'),
  schema: augmentJobSchema,
  concurrency: 1,
  resultKey: () => 'result.bin',
  async handle() {
    process.stdout.write('half way\n');
    await sleep(500);
    await store.create('result.bin', new Uint8Array([1]));
    return { end: 'done' };
  },
}));
