import { beforeEach, expect, test } from 'vitest';

import { ConflictError, keys, subjects, UsageError } from '#lib/contracts';

import {
  changeHead,
  finished,
  giveUp,
  probeResult,
  putDataset,
  storedHead,
  tinyControl,
  type TinyControl,
} from './control.fixture.ts';
import { jsonBytes } from '#lib/storage';

let tiny: TinyControl;
beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
});
const start = (run: string) => tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run });

test('starting writes spec and head, then asks for a worker of the method', async () => {
  const { run, notes } = await tiny.control.runs.start({
    recipe: 'tiny',
    dataset: 'pets',
    changes: { epochs: '3', batch: '10' },
  });
  expect(run).toMatch(/^tiny-\d{4}-\d{6}-[0-9a-f]{4}$/);
  expect(notes).toEqual([]);
  expect(await storedHead(tiny, run)).toMatchObject({ state: 'queued', wanted: 'run', attempt: 0 });
  expect(tiny.published).toEqual([
    { subject: subjects.pretrain('simsiam', run), job: { version: 1, run, method: 'simsiam', traceId: run } },
  ]);
  expect(await tiny.control.runs.summary(run)).toMatchObject({ state: 'queued', step: 0, totalSteps: 12, epochs: 3 });
});

test('nothing is written or asked for when the dataset, the recipe or a change is refused', async () => {
  const { runs } = tiny.control;
  await expect(runs.start({ recipe: 'tinny', dataset: 'pets', changes: {} })).rejects.toThrow('did you mean "tiny"');
  await expect(runs.start({ recipe: 'tiny', dataset: 'petz', changes: {} })).rejects.toThrow('did you mean "pets"');
  await expect(runs.start({ recipe: 'tiny', dataset: 'pets', changes: { batch: '99' } })).rejects.toThrow('batch: 99');
  expect(tiny.published).toEqual([]);
  expect(await runs.names()).toEqual([]);
});

test('an id is given once', async () => {
  await start('mine');
  await expect(start('mine')).rejects.toThrow(ConflictError);
  expect(tiny.published).toHaveLength(1);
});

test('an unknown run is answered with the nearest one', async () => {
  await start('mine');
  for (const ask of ['detail', 'stop', 'resume', 'metrics'] as const)
    await expect(tiny.control.runs[ask]('mime')).rejects.toThrow(
      expect.objectContaining({ name: UsageError.name, field: 'run', nearest: 'mine' }),
    );
});

test('stopping a run that waits ends it at once; one that runs is left to its worker', async () => {
  await start('waits');
  await tiny.control.runs.stop('waits');
  expect(await storedHead(tiny, 'waits')).toMatchObject({ wanted: 'stop', state: 'stopped' });
  await start('runs');
  await changeHead(tiny, 'runs', { state: 'running', attempt: 1 });
  await tiny.control.runs.stop('runs');
  expect(await storedHead(tiny, 'runs')).toMatchObject({ wanted: 'stop', state: 'running' });
});

test.each(['finished', 'failed'] as const)('a %s run has nothing to stop', async (state) => {
  await start('over');
  await changeHead(tiny, 'over', { state });
  await expect(tiny.control.runs.stop('over')).rejects.toThrow(`run over is ${state}`);
});

test.each(['stopped', 'failed', 'blocked'] as const)(
  'a %s run that is resumed is queued without its reason',
  async (state) => {
    await start('again');
    await changeHead(tiny, 'again', { state, wanted: 'stop', reason: 'why', remedy: 'what', attemptsSinceAdvance: 5 });
    await tiny.control.runs.resume('again');
    expect(await storedHead(tiny, 'again')).toMatchObject({
      state: 'queued',
      wanted: 'run',
      reason: null,
      remedy: null,
      attemptsSinceAdvance: 0,
    });
    expect(tiny.published).toHaveLength(2);
  },
);

test('a finished run is not resumed', async () => {
  await start('done');
  await changeHead(tiny, 'done', finished);
  await expect(tiny.control.runs.resume('done')).rejects.toThrow(ConflictError);
});

test('a change that loses the race for the head is made again on what is there now', async () => {
  await start('raced');
  const { replace } = tiny.store;
  let lost = false;
  tiny.store.replace = async (key, bytes, version) => {
    if (lost) return replace(key, bytes, version);
    lost = true;
    await changeHead(tiny, 'raced', { state: 'running', attempt: 1, nonce: 'worker' });
    return replace(key, bytes, version);
  };
  await tiny.control.runs.stop('raced');
  expect(await storedHead(tiny, 'raced')).toMatchObject({ nonce: 'worker', state: 'running', wanted: 'stop' });
});

test('a run whose job was given up has failed for the reason on the mark, until it is resumed', async () => {
  await start('given-up');
  await changeHead(tiny, 'given-up', { state: 'running', attempt: 5, attemptsSinceAdvance: 5 });
  await giveUp(tiny, 'given-up', 'crashed its worker 5 times');
  const { runs } = tiny.control;
  expect(await runs.summary('given-up')).toMatchObject({
    state: 'failed',
    reason: 'crashed its worker 5 times',
    remedy: expect.stringContaining('./unlabel resume given-up'),
  });
  await expect(runs.stop('given-up')).rejects.toThrow('run given-up is failed');
  await runs.resume('given-up');
  expect(await tiny.store.head(keys.failedMark(keys.runHead('given-up')))).toBeUndefined();
  expect(await runs.head('given-up')).toMatchObject({ state: 'queued', reason: null, attemptsSinceAdvance: 0 });
});

test('a mark says nothing of a run that finished or was stopped', async () => {
  await start('done');
  await giveUp(tiny, 'done', 'late');
  await changeHead(tiny, 'done', finished);
  expect(await tiny.control.runs.head('done')).toMatchObject({ state: 'finished', reason: null });
});

test('a run whose head is not made yet hides from lists and is a conflict by name', async () => {
  await start('whole');
  await start('half');
  await tiny.store.delete(keys.runHead('half'));
  const { runs } = tiny.control;
  expect((await runs.summaries()).map(({ run }) => run)).toEqual(['whole']);
  expect(await runs.headless()).toEqual(['half']);
  await expect(runs.detail('half')).rejects.toThrow('run half has no head yet');
});

test('metrics are the committed segments, then live steps, each step once', async () => {
  await start('line');
  const metrics = (step: number, loss: number) => ({
    step,
    epoch: 0,
    loss,
    terms: {},
    learningRate: 0.1,
    gradientNorm: 1,
    imagesPerSecond: 10,
    waitSeconds: 0,
    at: 1,
  });
  const key = keys.metrics('line', 1, 2, 1);
  const lines = [metrics(1, 4), metrics(2, 3)].map((line) => JSON.stringify(line)).join('\n');
  await tiny.store.create(key, new TextEncoder().encode(`${lines}\n`));
  await changeHead(tiny, 'line', { state: 'running', metrics: [{ from: 1, to: 2, key }] });
  for (const step of [2, 3])
    tiny.control.receive({
      version: 1,
      type: 'run-step',
      run: 'line',
      totalSteps: 10,
      metrics: metrics(step, step / 10),
    });
  const { runs } = tiny.control;
  expect((await runs.metrics('line')).map(({ loss }) => loss)).toEqual([4, 3, 0.3]);
  expect((await runs.metrics('line', 1)).map(({ step }) => step)).toEqual([2, 3]);
  expect(await runs.summary('line')).toMatchObject({ step: 3, loss: 0.3, imagesPerSecond: 10 });
});

test('a run’s figures are those of its newest checkpoint, not of its untrained encoder', async () => {
  await start('probed');
  await changeHead(tiny, 'probed', finished);
  const put = (step: number, top1: number) =>
    tiny.store.create(
      keys.probe('probed', step, 'knn'),
      jsonBytes(
        probeResult(
          'knn',
          step === 0 ? { kind: 'untrained', run: 'probed' } : { kind: 'checkpoint', run: 'probed', step },
          top1,
        ),
      ),
    );
  await put(0, 0.2);
  expect(await tiny.control.runs.summary('probed')).toMatchObject({ knn: null, linear: null });
  await put(10, 0.6);
  expect(await tiny.control.runs.summary('probed')).toMatchObject({ knn: 0.6, step: 10 });
  const { probesPending } = await tiny.control.runs.detail('probed');
  expect(probesPending).toEqual([{ target: 'pixels', step: 0, kind: 'knn' }]);
});
