import { beforeEach, expect, test } from 'vitest';

import { keys, probeCallSchema, type ProbeCall } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import { changeHead, finished, probeResult, putDataset, tinyControl, type TinyControl } from './control.fixture.ts';

let tiny: TinyControl;
beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
  tiny.published.length = 0;
});

const ask = (call: Partial<ProbeCall>) => tiny.control.probes.ask('one', probeCallSchema.parse(call));
const checkpoints = [10, 20].map((step) => ({
  step,
  cursor: { epoch: step / 10, batch: 0 },
  kind: 'fixed' as const,
  folder: `f${step}`,
  sizeBytes: 1,
}));

test('any checkpoint of a run is measured at any time: the last, a step, the untrained encoder', async () => {
  await changeHead(tiny, 'one', { state: 'running', checkpoints });
  expect(await ask({ kinds: ['fine-tune'] })).toEqual([{ step: 20, kind: 'fine-tune', split: 'eval' }]);
  await ask({ kinds: ['few-labels-1'], checkpoint: 10, split: 'tune' });
  await ask({ kinds: ['knn'], checkpoint: 0 });
  expect(tiny.subjects()).toEqual([
    'unlabel.probe.run.one.20.fine-tune',
    'unlabel.probe.run.one.10.few-labels-1.tune',
    'unlabel.probe.run.one.0.knn',
  ]);
  expect(tiny.published[1]?.job).toMatchObject({ split: 'tune', key: keys.probe('one', 10, 'few-labels-1', 'tune') });
});

test('the best is the one that tune says', async () => {
  await changeHead(tiny, 'one', { state: 'running', checkpoints });
  await expect(ask({ checkpoint: 'best' })).rejects.toThrow('no checkpoint was measured on tune');
  await changeHead(tiny, 'one', { best: { step: 10, metric: 'knn', value: 0.5 } });
  expect((await ask({ checkpoint: 'best', kinds: ['knn'] }))[0]?.step).toBe(10);
});

test('what is there is measured again only when asked to; what failed is tried again', async () => {
  await changeHead(tiny, 'one', finished);
  const key = keys.probe('one', 10, 'knn');
  await tiny.store.create(key, jsonBytes(probeResult('knn', { kind: 'checkpoint', run: 'one', step: 10 }, 0.5)));
  await ask({ kinds: ['knn'] });
  expect(tiny.published).toEqual([]);
  await ask({ kinds: ['knn'], again: true });
  expect(await tiny.store.head(key)).toBeUndefined();
  const mark = keys.failedMark(keys.probe('one', 10, 'linear'));
  await tiny.store.create(mark, jsonBytes({ reason: 'no' }));
  await ask({ kinds: ['linear'] });
  expect(await tiny.store.head(mark)).toBeUndefined();
  expect(tiny.published).toHaveLength(2);
});

test('a run without checkpoint is a conflict; a step that it lacks is refused with those it has', async () => {
  await expect(ask({})).rejects.toThrow('run one is queued and has no checkpoint yet');
  await changeHead(tiny, 'one', { checkpoints });
  await expect(ask({ checkpoint: 15 })).rejects.toThrow('no checkpoint at step 15; it has 10, 20');
  await expect(tiny.control.probes.ask('onne', probeCallSchema.parse({}))).rejects.toThrow('onne');
});

test('a measurement is under way, with the last word of its worker, until it is done or has failed', async () => {
  const probe = { step: 10, kind: 'knn', split: 'tune' } as const;
  const status = () => tiny.control.probes.status('one', probe);
  expect(await status()).toMatchObject({ state: 'measuring', progress: null });
  const event = {
    version: 1,
    type: 'probe-progress',
    target: 'one',
    ...probe,
    phase: 'embed tune',
    done: 0.5,
  } as const;
  tiny.control.receive(event);
  tiny.control.receive({ ...event, target: 'pixels', done: 0.9 });
  expect(await status()).toMatchObject({ state: 'measuring', progress: { phase: 'embed tune', done: 0.5 } });
  const key = keys.probe('one', 10, 'knn', 'tune');
  await tiny.store.create(keys.failedMark(key), jsonBytes({ reason: 'k is too large', remedy: 'use 5' }));
  expect(await status()).toMatchObject({ state: 'failed', reason: 'k is too large', remedy: 'use 5' });
  await tiny.store.create(key, jsonBytes(probeResult('knn', { kind: 'checkpoint', run: 'one', step: 10 }, 0.5)));
  expect(await status()).toMatchObject({ state: 'done', result: { top1: 0.5 } });
});
