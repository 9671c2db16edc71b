import { beforeEach, expect, test } from 'vitest';

import { hashJson, keys, pipelineSchema, type StepMetrics } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import {
  changeHead,
  letters,
  pretrainWorker,
  putDataset,
  sha,
  tinyControl,
  type TinyControl,
} from './control.fixture.ts';
import type { Queues } from './pipeline.ts';
import { apiRoutes } from './routes.ts';

let tiny: TinyControl;
let states: Awaited<ReturnType<Queues['states']>>;
beforeEach(async () => {
  states = [{ stage: 'augment', pending: 4, inFlight: 1, ended: 7 }];
  tiny = tinyControl({
    queues: { states: async () => states, deadLetters: async () => 3 },
    deadLetters: letters([]),
  });
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'waits' });
});

async function train(run: string): Promise<void> {
  await changeHead(tiny, run, { state: 'running', attempt: 1 });
  const resolved = {
    format: 'unlabel.run-resolved',
    version: 1,
    specHash: hashJson(await tiny.control.runs.spec(run)),
    viewsHash: sha('b'),
    stepsPerEpoch: 5,
    totalSteps: 20,
    device: 'cpu',
    intraOpThreads: 1,
    interOpThreads: 1,
    parameters: 1,
  };
  await tiny.store.create(keys.runResolved(run), jsonBytes(resolved));
}
/** A step of a batch of 8 that took a second, part of it waiting. */
const step = (run: string, n: number, waitSeconds: number) =>
  tiny.control.receive({
    version: 1,
    type: 'run-step',
    run,
    totalSteps: 10,
    metrics: { step: n, imagesPerSecond: 8, waitSeconds } as StepMetrics,
  });

const view = async () => {
  const answer = await apiRoutes(tiny.control, async (_, next) => next()).request('/api/pipeline');
  return pipelineSchema.parse(await answer.json());
};

test('stages have their queues and workers, the cache its use, and dead letters are counted', async () => {
  tiny.control.workers.receive({ ...pretrainWorker('far', 1e9), stage: 'augment' });
  await tiny.store.create(keys.viewBlock(sha('b'), 0, 0), new Uint8Array(100));
  const { stages, views, deadLetters } = await view();
  expect(stages.map(({ stage, pending, inFlight, workers }) => [stage, pending, inFlight, workers.length])).toEqual([
    ['ingest', 0, 0, 0],
    ['augment', 4, 1, 1],
    ['pretrain', 0, 0, 1],
    ['probe', 0, 0, 0],
  ]);
  expect(views).toEqual({ budgetBytes: 1e9, usedBytes: 100, blocks: 1, evictedBytes: 0 });
  expect(deadLetters).toBe(3);
});

test('a run that trains tells how long its last steps waited; one that has no step yet tells nothing', async () => {
  await train('one');
  expect((await view()).runs).toEqual([{ run: 'one', viewsHash: sha('b'), imagesPerSecond: null, waitShare: null }]);
  for (let n = 1; n <= 100; n++) step('one', n, n <= 50 ? 1 : 0.25);
  const [run] = (await view()).runs;
  expect(run?.imagesPerSecond).toBeCloseTo(8);
  expect(run?.waitShare).toBeCloseTo(0.25);
  expect((await view()).verdict).toContain('no augment worker is here');
});

test('after control started again the share is read from what was committed', async () => {
  await train('one');
  const lines = [1, 2, 3, 4].map((n) => ({
    step: n,
    epoch: 0,
    loss: 1,
    terms: {},
    learningRate: 0.1,
    gradientNorm: 1,
    imagesPerSecond: 8,
    waitSeconds: 0.5,
    at: n,
  }));
  const key = keys.metrics('one', 1, 4, 1);
  await tiny.store.create(key, new TextEncoder().encode(lines.map((line) => JSON.stringify(line)).join('\n')));
  await changeHead(tiny, 'one', { metrics: [{ from: 1, to: 4, key }] });
  expect((await view()).runs[0]?.waitShare).toBeCloseTo(0.5);
});

test('how full the cache is follows what was removed from it', async () => {
  const small = tinyControl({ viewsBytes: 250 });
  for (let block = 0; block < 3; block++)
    await small.store.create(keys.viewBlock(sha('b'), 0, block), new Uint8Array(100));
  await small.control.viewCache.clean();
  expect(await small.control.viewCache.status()).toEqual({
    budgetBytes: 250,
    usedBytes: 200,
    blocks: 2,
    evictedBytes: 100,
  });
});
