import { beforeEach, expect, test } from 'vitest';

import { hashJson, keys } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import { changeHead, finished, putDataset, sha, tinyControl, type TinyControl } from './control.fixture.ts';
import { ViewCache } from './view-cache.ts';
import { LiveRuns } from './live-runs.ts';

/** Runs of five steps an epoch whose blocks hold a batch of 8 each, and that ask for two ahead. */
let tiny: TinyControl;
let live: LiveRuns;
const blockBytes = 100;
const own = sha('b');

beforeEach(async () => {
  tiny = tinyControl();
  live = new LiveRuns();
  await putDataset(tiny, 'pets');
  for (const run of ['one', 'two']) await startRun(run, own);
});

async function startRun(run: string, viewsHash: string): Promise<void> {
  const changes = { blockSamples: '8', windowBlocks: '2', epochs: '4' };
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes, run });
  const resolved = {
    format: 'unlabel.run-resolved',
    version: 1,
    specHash: hashJson(await tiny.control.runs.spec(run)),
    viewsHash,
    stepsPerEpoch: 5,
    totalSteps: 20,
    device: 'cpu',
    intraOpThreads: 1,
    interOpThreads: 1,
    parameters: 1,
  };
  await tiny.store.create(keys.runResolved(run), jsonBytes(resolved));
}

async function put(viewsHash: string, epochs: number): Promise<void> {
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let block = 0; block < 5; block++)
      await tiny.store.create(keys.viewBlock(viewsHash, epoch, block), new Uint8Array(blockBytes));
}

async function left(viewsHash: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of tiny.store.list(`views/${viewsHash}/`))
    names.push(key.slice(-21, -12).replace('/b0000', '.').replace('e00', ''));
  return names;
}

/** A run that has trained so many steps. */
const at = (run: string, step: number) =>
  live.receive({ version: 1, type: 'run-step', run, totalSteps: 20, metrics: { step } as never });
const clean = (blocks: number) => new ViewCache(tiny.store, tiny.control.runs, live, blocks * blockBytes).clean();

test('within the budget nothing is removed', async () => {
  await put(own, 2);
  expect(await clean(10)).toEqual({ blocks: 10, sizeBytes: 1000, budgetBytes: 1000, evictedBytes: 0 });
  expect(await left(own)).toHaveLength(10);
});

test('what no run reads goes first, then what every run has read, the oldest first', async () => {
  await put(own, 2);
  await put(sha('c'), 1);
  at('one', 4);
  at('two', 3);
  await clean(11); // to 90 %: 9.9 blocks, so that 6 of 15 go
  expect(await left(sha('c'))).toEqual([]);
  expect(await left(own)).toEqual(['0.01', '0.02', '0.03', '0.04', '1.00', '1.01', '1.02', '1.03', '1.04']);
});

test('then goes what is needed last, and never a block of the windows, even if these are over the budget', async () => {
  await put(own, 4);
  at('one', 2);
  at('two', 6);
  expect((await clean(1)).evictedBytes).toBe(20 * blockBytes - 8 * blockBytes);
  // of the first run blocks 2 to 5 in a row, of the second 6 to 9: four each, twice the window
  expect(await left(own)).toEqual(['0.02', '0.03', '0.04', '1.00', '1.01', '1.02', '1.03', '1.04']);
});

test('a run that is over reads nothing; one that is stopped goes on at its last checkpoint', async () => {
  await put(own, 2);
  await changeHead(tiny, 'one', finished);
  await changeHead(tiny, 'two', { state: 'stopped' });
  await clean(1);
  expect(await left(own)).toEqual(['0.00', '0.01', '0.02', '0.03']);
});
