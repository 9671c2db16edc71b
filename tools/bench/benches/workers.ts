import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { z } from 'zod';

import { type Bus, connectBus, ensureStreams, publishJob, subscribeEvents } from '#lib/bus';
import { type AugmentJob, eventSchema, keys, type RunSpec, subjects, viewSizes } from '#lib/contracts';
import { jsonBytes, type ObjectStore, openFileStore } from '#lib/storage';
import { type ServiceProcess, startNatsServer, startService } from '#lib/testing';

import { findRecipe, loadRecipes } from '../../../apps/control/src/recipes.ts';
import { resolveSpec } from '../../../apps/control/src/resolve-spec.ts';
import { root } from '../../../apps/cli/src/stack/paths.ts';
import { viewsOf } from '../../../apps/pretrain/src/resolve.ts';
import { type BenchContext, defineBench } from '../bench.ts';
import { countFlag, partFlag } from '../flag-schemas.ts';
import { peakBytes } from '../measuring/process-memory.ts';
import { ingestHere } from '../pipeline/ingest-here.ts';
import { sourceOf } from '../pipeline/local-stack.ts';
import { tableOf } from '../report/report.ts';

const workerCounts = [1, 2, 4];

export const bench = defineBench({
  title: 'Augment workers',
  about: 'View blocks made by 1, 2 and 4 augment services, which take their jobs from a real server.',
  flags: z.strictObject({
    data: z.string().default('fashion-mnist').describe('a tar, a folder or a name of the catalogue'),
    fraction: partFlag.prefault('0.2').describe('keep this part of each class'),
    recipe: z.string().default('brief-simsiam').describe('whose views are made'),
    blocks: countFlag().prefault('400').describe('that are timed'),
  }),
  short: { blocks: '120' },
  async run({ data, fraction, recipe, blocks }, context) {
    const store = openFileStore(join(context.folder, 'storage'));
    const options = {
      sources: [await sourceOf(data, context.say)],
      holdout: 0,
      tune: 0,
      maxPixels: 50_000_000,
      fraction,
    };
    const { contentHash, index } = await ingestHere(store, 'bench', options);
    const dataset = { name: 'bench', contentHash, index };
    const given = { recipeName: recipe, recipe: findRecipe(await loadRecipes(join(root, 'recipes')), recipe), dataset };
    await using nats = await startNatsServer({ dir: join(context.folder, 'nats') });
    const bus = await connectBus({ url: nats.url, name: 'bench' });
    try {
      await ensureStreams(bus);
      const env = { NATS_URL: nats.url, UNLABEL_STORAGE: pathToFileURL(join(context.folder, 'storage')).href };
      const rows = [];
      for (const workers of workerCounts) {
        // another seed: no block is there already
        const { spec } = resolveSpec({ ...given, changes: { seed: String(workers) } });
        rows.push(await timeWorkers({ workers, blocks, spec, store, bus, env }, context));
      }
      const one = rows[0]?.['views/s'] ?? NaN;
      return {
        tables: [
          tableOf(
            { workers: 0, blocks: 0, seconds: 1, 'views/s': 0, 'against one': 2, 'MB/s': 1, 'largest worker, MB': 0 },
            rows.map((row) => ({ ...row, 'against one': row['views/s'] / one })),
          ),
        ],
        notes: [`views of ${recipe} on ${data}; each worker has made a block before the time is taken`],
      };
    } finally {
      await bus.close();
    }
  },
});

interface Timed {
  workers: number;
  blocks: number;
  spec: RunSpec;
  store: ObjectStore;
  bus: Bus;
  env: NodeJS.ProcessEnv;
}

async function timeWorkers({ workers, blocks, spec, store, bus, env }: Timed, { say, signal }: BenchContext) {
  say(`${workers} at once`);
  const { views, viewsHash } = viewsOf(spec);
  await store.create(keys.views(viewsHash), jsonBytes(views));
  const perEpoch = Math.floor(spec.dataset.trainSamples / spec.blockSamples); // whole blocks only
  const services: ServiceProcess[] = [];
  try {
    for (let n = 0; n < workers; n++) services.push(await startService('augment', env));
    const job = (number: number): AugmentJob => ({
      version: 1,
      viewsHash,
      epoch: Math.floor(number / perEpoch),
      block: number % perEpoch,
      traceId: 'bench',
    });
    const make = async (from: number, count: number) => {
      const startMs = performance.now();
      await makeBlocks(
        bus,
        Array.from({ length: count }, (_, i) => job(from + i)),
        signal,
      );
      return (performance.now() - startMs) / 1000;
    };
    const warmUp = 2 * workers; // so that each gets one at least
    await make(0, warmUp);
    const seconds = await make(warmUp, blocks);
    const sizes = viewSizes(spec.views);
    const bytes = blocks * spec.blockSamples * sizes.reduce((total, size) => total + size * size * 3, 0);
    const peaks = services.map(({ pid }) => peakBytes(pid) ?? 0);
    return {
      workers,
      blocks,
      seconds,
      'views/s': (blocks * spec.blockSamples * sizes.length) / seconds,
      'MB/s': bytes / 1e6 / seconds,
      'largest worker, MB': Math.max(...peaks) / 1e6,
    };
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

const lookEveryMs = 20;

/** Asks for blocks and waits until all of them were announced. */
async function makeBlocks(bus: Bus, jobs: readonly AugmentJob[], signal: AbortSignal): Promise<void> {
  const nameOf = ({ epoch, block }: { epoch: number; block: number }) => `${epoch}/${block}`;
  const [first] = jobs;
  if (!first) return;
  const awaited = new Set(jobs.map(nameOf));
  let failure: string | undefined;
  const events = await subscribeEvents(bus, subjects.eventsBlock(first.viewsHash), ({ message }) => {
    const event = eventSchema.parse(message);
    if (event.type === 'block-failed') failure = event.reason;
    if (event.type === 'block-ready') awaited.delete(nameOf(event));
  });
  try {
    for (const job of jobs)
      await publishJob(bus, subjects.augment(job.viewsHash, job.epoch, job.block), job, { signal });
    while (awaited.size > 0) {
      if (failure !== undefined) throw new Error(`a block could not be made: ${failure}`);
      await sleep(lookEveryMs, undefined, { signal });
    }
  } finally {
    await events.close();
  }
}
