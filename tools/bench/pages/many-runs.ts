import { join } from 'node:path';

import { type CheckpointEntry, keys, type RunHead, runHeadSchema, type StepMetrics } from '#lib/contracts';
import { jsonBytes, type ObjectStore, openFileStore, requireJson } from '#lib/storage';

import { type Control } from '../../../apps/control/src/control.ts';
import { probeResult, putDataset, tinyControl } from '../../../apps/control/src/control.fixture.ts';
import { saveMetrics } from '../../../apps/pretrain/src/trainer/save.ts';

const stepsOfSegment = 1250;
const keptCheckpoints = 4;
const batch = 8;

/** A step of a run with two loss terms, monitors now and then. */
const stepOf = (step: number, run: number): StepMetrics => ({
  step,
  epoch: Math.floor(step / 1000),
  loss: 5 * Math.exp(-step / 20_000) + 0.1 * Math.sin(step * (run + 1)),
  terms: { invariance: Math.exp(-step / 20_000), redundancy: 4 * Math.exp(-step / 20_000) },
  learningRate: 0.1,
  gradientNorm: 1 + Math.sin(step),
  imagesPerSecond: 250 + Math.cos(step),
  waitSeconds: 0.001,
  ...(step % 200 === 0 && { monitors: { embeddingStd: 0.04, embeddingSize: 512, rankMe: 100, monitorSeconds: 0.1 } }),
  at: 1.7e12 + 100 * step,
});

/**
 * A folder with so many finished runs of so many steps each, as their workers would have left them.
 * @returns the runs, the newest last, and what opens a control that has read nothing of them yet
 */
export async function manyRuns(
  folder: string,
  runs: number,
  steps: number,
): Promise<{ openControl: () => Control; names: string[] }> {
  const store = openFileStore(join(folder, 'storage'));
  const tiny = { ...tinyControl({ store }), store };
  await putDataset(tiny, 'pets');
  const names: string[] = [];
  for (let i = 0; i < runs; i++) {
    const run = `run-${String(i).padStart(3, '0')}`;
    await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: { seed: String(i % 3) }, run });
    await finish(store, run, i, steps);
    names.push(run);
  }
  return { openControl: () => tinyControl({ store }).control, names };
}

async function finish(store: ObjectStore, run: string, i: number, steps: number): Promise<void> {
  const metrics: RunHead['metrics'] = [];
  for (let from = 1; from <= steps; from += stepsOfSegment) {
    const to = Math.min(from + stepsOfSegment - 1, steps);
    const all = Array.from({ length: to - from + 1 }, (_, at) => stepOf(from + at, i));
    const saved = await saveMetrics({ store, run, attempt: 1, batch }, all);
    if (saved) metrics.push(saved);
  }
  const checkpoints = Array.from({ length: keptCheckpoints }, (_, at): CheckpointEntry => {
    const step = steps - (keptCheckpoints - 1 - at) * stepsOfSegment;
    const folder = keys.checkpoint(run, step, 1);
    return { step, cursor: { epoch: 1, batch: 0 }, kind: 'fixed', folder, sizeBytes: 1 };
  });
  for (const { folder } of checkpoints)
    for (const file of ['manifest.json', 'weights.safetensors', 'optimiser.safetensors'])
      await store.create(keys.checkpointFile(folder, file), jsonBytes({}));
  for (const kind of ['knn', 'linear'] as const) {
    await store.create(keys.probe(run, 0, kind), jsonBytes(probeResult(kind, { kind: 'untrained', run }, 0.2)));
    await store.create(
      keys.probe(run, steps, kind),
      jsonBytes(probeResult(kind, { kind: 'checkpoint', run, step: steps }, 0.5)),
    );
  }
  const head = await requireJson(store, keys.runHead(run), runHeadSchema);
  const finished: RunHead = {
    ...head,
    state: 'finished',
    attempt: 1,
    trainSeconds: (steps * batch) / 250,
    metrics,
    checkpoints,
  };
  await store.replace(keys.runHead(run), jsonBytes(finished), (await store.head(keys.runHead(run)))?.version);
}
