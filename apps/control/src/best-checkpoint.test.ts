import { beforeEach, expect, test } from 'vitest';

import { type CheckpointEntry, keys } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import {
  changeHead,
  finished,
  probeResult,
  putDataset,
  storedHead,
  tinyControl,
  type TinyControl,
} from './control.fixture.ts';

let tiny: TinyControl;
beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
  const changes = { 'probe.everyEpochs': '2', 'probe.kinds': '[]' };
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes, run: 'one' });
  tiny.published.length = 0;
});
const entry = (step: number, epoch: number, kind: CheckpointEntry['kind']): CheckpointEntry => ({
  step,
  cursor: { epoch, batch: 0 },
  kind,
  folder: `f${step}`,
  sizeBytes: 1,
});
const put = async (step: number, top1: number) => {
  const result = probeResult('knn', { kind: 'checkpoint', run: 'one', step }, top1);
  const measuredOn = { ...result.measuredOn, split: 'tune' as const };
  await tiny.store.create(keys.probe('one', step, 'knn', 'tune'), jsonBytes({ ...result, measuredOn }));
};

test('while a run trains, probes on tune are asked for at its interval: at once when a checkpoint is told of, and by every pass', async () => {
  const checkpoints = [entry(5, 1, 'fixed'), entry(10, 2, 'fixed'), entry(13, 2, 'time')];
  await changeHead(tiny, 'one', { state: 'running', checkpoints });
  tiny.control.receive({ version: 1, type: 'run-state', run: 'one', state: 'running', step: 13, reason: null });
  await expect.poll(() => tiny.subjects()).toEqual(['unlabel.probe.run.one.10.knn.tune']);
  expect(tiny.published[0]?.job).toMatchObject({ split: 'tune', step: 10, key: keys.probe('one', 10, 'knn', 'tune') });
  await tiny.control.reconciler.all();
  expect(tiny.subjects().slice(1)).toEqual(['unlabel.pretrain.simsiam.one', 'unlabel.probe.run.one.10.knn.tune']);
  await put(10, 0.5);
  tiny.published.length = 0;
  await tiny.control.reconciler.probes('one');
  expect(tiny.subjects()).toEqual([]);
  expect((await storedHead(tiny, 'one')).best).toBeNull(); // its worker writes it
});

test('of a finished run the best checkpoint is noted when its last result comes, and what was pruned counts', async () => {
  const best = { step: 10, metric: 'knn' as const, value: 0.6 };
  await changeHead(tiny, 'one', { ...finished, best, checkpoints: [entry(10, 2, 'fixed'), entry(20, 4, 'final')] });
  await put(20, 0.7);
  tiny.control.receive({
    version: 1,
    type: 'probe-result',
    target: 'one',
    step: 20,
    kind: 'knn',
    split: 'tune',
    top1: 0.7,
  });
  await expect.poll(async () => (await storedHead(tiny, 'one')).best).toEqual({ step: 20, metric: 'knn', value: 0.7 });
  await put(10, 0.7);
  await tiny.control.reconciler.probes('one');
  expect((await storedHead(tiny, 'one')).best?.step).toBe(10); // of equal ones the earlier
});
