// Makes blocks on a thread of its own, so that the thread that renews the lease is never blocked by computing.
import { parentPort, workerData } from 'node:worker_threads';

import { type AugmentJob, keys, UnlabelError } from '#lib/contracts';
import { openStore, sha256, waitingStore } from '#lib/storage';

import { BlockMaker } from './block-maker.ts';

/** A store that is away is waited for; waiting counts as progress, since the lease is to be held meanwhile. */
const store = waitingStore(openStore((workerData as { storage: string }).storage), {
  signal: new AbortController().signal,
  onWait: () => say({ type: 'progress' }),
});
const maker = new BlockMaker(store);
const reportEverySamples = 64;

/** What the thread says about the job it was given. */
export type FromBlockThread =
  | { type: 'progress' }
  | { type: 'done'; created: boolean; samples: number }
  | { type: 'failed'; error: Error; bad: boolean };

const say = (message: FromBlockThread) => parentPort?.postMessage(message);

async function make(job: AugmentJob): Promise<void> {
  let samples = 0;
  const bytes = await maker.make(job, () => {
    if (++samples % reportEverySamples === 0) say({ type: 'progress' });
  });
  const key = keys.viewBlock(job.viewsHash, job.epoch, job.block);
  const created = (await store.create(key, bytes)) === 'created';
  if (!created) await compare(key, bytes);
  say({ type: 'done', created, samples });
}

/** A block that exists already must have the bytes that this worker made. */
async function compare(key: string, bytes: Uint8Array): Promise<void> {
  const there = await store.get(key);
  if (there && sha256(there.bytes) !== sha256(bytes))
    throw new UnlabelError(`determinism alarm: ${key} exists with other bytes than this worker made`, {
      remedy: 'check that all augment workers run one version; keep the storage and report it',
    });
}

parentPort?.on('message', (job: AugmentJob) => {
  make(job).catch((error: unknown) => {
    const failure = error instanceof Error ? error : new Error(String(error));
    say({ type: 'failed', error: failure, bad: failure.name === 'FormatError' || failure.name === 'ZodError' });
  });
});
