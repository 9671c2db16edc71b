import { beforeEach, expect, test } from 'vitest';

import { hashJson, keys, type RunHead, runLogSchema, type StepMetrics } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import { changeHead, giveUp, probeResult, putDataset, sha, tinyControl, type TinyControl } from './control.fixture.ts';
import { apiRoutes } from './routes.ts';

let tiny: TinyControl;
beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
});

async function log() {
  const answer = await apiRoutes(tiny.control, async (_, next) => next()).request('/api/runs/one/log');
  const { entries } = runLogSchema.parse(await answer.json());
  expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted());
  return entries;
}
const texts = async () => (await log()).map(({ text }) => text);

/** What a worker announces of the run. */
const say = (state: RunHead['state'], change: object = {}) =>
  tiny.announced.push({
    event: {
      version: 1,
      type: 'run-state',
      run: 'one',
      state,
      step: 0,
      reason: null,
      wanted: 'run',
      attempt: 1,
      worker: 'box, process 7',
      ...change,
    },
    atMs: Date.now(),
  });

/** A segment of metrics, as a checkpoint commits it. @param at of its first step, milliseconds since 1970 */
async function segment(from: number, to: number, attempt: number, at: number) {
  const line = (step: number): StepMetrics => ({
    step,
    epoch: 0,
    loss: 1,
    terms: {},
    learningRate: 0.1,
    gradientNorm: 1,
    imagesPerSecond: 8,
    waitSeconds: 0,
    at: at + step - from,
  });
  const key = keys.metrics('one', from, to, attempt);
  const lines = Array.from({ length: to - from + 1 }, (_, i) => JSON.stringify(line(from + i)));
  await tiny.store.create(key, new TextEncoder().encode(lines.join('\n')));
  return { from, to, key };
}
const checkpoint = (step: number, kind: 'fixed' | 'final') =>
  ({ step, cursor: { epoch: step / 5, batch: 0 }, kind, folder: `f${step}`, sizeBytes: 1 }) as const;

test('a run that was only asked for tells what was asked for', async () => {
  expect(await texts()).toEqual([
    'asked for: tiny: simsiam with resnet20-v2 on pets, 2 epochs in batches of 8',
    'waits for a worker',
  ]);
});

test('an undisturbed run tells of its way, its attempt, its checkpoints and what was measured', async () => {
  const resolved = {
    format: 'unlabel.run-resolved',
    version: 1,
    specHash: hashJson(await tiny.control.runs.spec('one')),
    viewsHash: sha('b'),
    stepsPerEpoch: 5,
    totalSteps: 10,
    device: 'cpu',
    computation: { precision: 'bfloat16', xla: true, sideBySide: false, why: 'the fastest of 3', trials: [] },
    intraOpThreads: 1,
    interOpThreads: 1,
    parameters: 1,
  };
  await tiny.store.create(keys.runResolved('one'), jsonBytes(resolved));
  say('running');
  const metrics = [await segment(1, 5, 1, Date.now()), await segment(6, 10, 1, Date.now())];
  await changeHead(tiny, 'one', {
    state: 'finished',
    attempt: 1,
    metrics,
    checkpoints: [checkpoint(5, 'fixed'), checkpoint(10, 'final')],
  });
  say('running'); // told again with each checkpoint that is probed
  say('finished', { step: 10, reason: 'all epochs are done' });
  const result = probeResult('knn', { kind: 'checkpoint', run: 'one', step: 10 }, 0.4321);
  await tiny.store.create(keys.probe('one', 10, 'knn'), jsonBytes(result));
  const found = await texts();
  expect(new Set(found)).toEqual(
    new Set([
      'asked for: tiny: simsiam with resnet20-v2 on pets, 2 epochs in batches of 8',
      'waits for a worker',
      'decided: 10 steps, 5 an epoch, in bfloat16 with XLA on the CPU (the fastest of 3)',
      'attempt 1 has it from step 0 on, on box, process 7: training begins when its first views are there',
      'attempt 1 made its first step, step 1',
      'checkpoint at step 5 (epoch 1)',
      'final checkpoint at step 10 (epoch 2)',
      'finished at step 10: all epochs are done',
      'knn at step 10: top-1 43.2 %, measured in 1.0 s',
      'knn at step 0 was asked for and is not there yet',
      'knn of raw pixels was asked for and is not there yet',
    ]),
  );
  expect(found).toHaveLength(11);
});

test('an attempt that took over tells how long nobody had trained', async () => {
  const metrics = [await segment(1, 5, 1, Date.now()), await segment(6, 10, 3, Date.now() + 180_000)];
  await changeHead(tiny, 'one', { state: 'running', attempt: 3, metrics });
  expect(await texts()).toContainEqual(
    'attempt 3 made its first step, step 6, 3 min after the checkpoint that it goes on from',
  );
});

test('a stop, who asked for it, and going on are told', async () => {
  await changeHead(tiny, 'one', { state: 'running', attempt: 1 });
  say('running');
  await tiny.control.runs.stop('one');
  await changeHead(tiny, 'one', { state: 'stopped' });
  say('stopped', { step: 5, wanted: 'stop' });
  await tiny.control.runs.resume('one');
  await tiny.control.runs.stop('one');
  expect((await texts()).slice(2)).toEqual([
    'attempt 1 has it from step 0 on, on box, process 7: training begins when its first views are there',
    'a stop was asked for',
    'stopped at step 5',
    'waits for a worker',
    'stopped: no worker had it',
  ]);
});

test('what blocks a run is told with the way out, also when nothing that was announced is held any more', async () => {
  await changeHead(tiny, 'one', { state: 'blocked', attempt: 1, reason: 'a block can’t be made', remedy: 'mend it' });
  say('blocked', { step: 5, reason: 'a block can’t be made' });
  const told = (await log()).filter(({ level }) => level === 'warn').map(({ text }) => text);
  expect(told).toEqual(['blocked at step 5: a block can’t be made', 'what to do: mend it']);
  tiny.announced.length = 0;
  expect((await log()).at(-1)).toMatchObject({
    level: 'warn',
    text: 'blocked at step 0: a block can’t be made; mend it',
  });
});

test('a run that was given up, and a measurement that failed, are errors with their reasons', async () => {
  await changeHead(tiny, 'one', { state: 'running', attempt: 5 });
  await giveUp(tiny, 'one', 'crashed its worker 5 times');
  await tiny.store.create(keys.failedMark(keys.probe('one', 5, 'linear', 'tune')), jsonBytes({ reason: 'no labels' }));
  const errors = (await log()).filter(({ level }) => level === 'error').map(({ text }) => text);
  expect(new Set(errors)).toEqual(
    new Set([
      'linear at step 5 on tune failed: no labels',
      'given up: crashed its worker 5 times; mend the cause, then ./unlabel resume one',
    ]),
  );
});

test('what was announced of a removed run of the same id is not told', async () => {
  await changeHead(tiny, 'one', { state: 'running', attempt: 1 });
  say('running', { worker: 'old, process 1' });
  await tiny.control.removal.remove('one');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
  expect((await texts()).join()).not.toContain('old');
});
