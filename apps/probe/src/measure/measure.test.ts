import { beforeAll, expect, test, vi } from 'vitest';

import { decodePredictions, keys, type ProbeKind, type ProbeResult, probeResultSchema } from '#lib/contracts';
import { type ObjectStore, openMemoryStore, requireJson } from '#lib/storage';

import { loadEncoder } from './encoder.ts';
import { kinds } from './kinds.ts';
import { measure } from './measure.ts';
import { probeJob, putDataset, putRun, tinySpec } from './measure.fixture.ts';

vi.setConfig({ testTimeout: 180_000 }); // recording an encoder's gradients takes a while on a busy machine

let store: ObjectStore;
beforeAll(async () => {
  store = openMemoryStore();
  await putDataset(store);
  await putRun(store, 'one', tinySpec({ backbone: { name: 'vit-report', options: { patchSize: 4, depth: 1 } } }));
});

async function result(change: Parameters<typeof probeJob>[1], run = 'one'): Promise<ProbeResult> {
  const job = probeJob(run, change);
  await measure(store, job, 'test', () => undefined);
  return requireJson(store, job.key, probeResultSchema);
}
const keysBelow = async (prefix: string) => {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
};

test.each(Object.keys(kinds) as ProbeKind[])('%s of a checkpoint gives a whole result', async (kind) => {
  const { top1, confusion, measuredOn, figures, encoder, report } = await result({ kind });
  expect(encoder).toEqual({ kind: 'checkpoint', run: 'one', step: 10 });
  expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(12);
  expect(top1).toBeCloseTo(confusion.reduce((sum, row, label) => sum + (row[label] as number), 0) / 12, 12);
  expect(report).toContain('weighted avg');
  expect(measuredOn).toMatchObject({ split: 'eval', evalSamples: 12, featureSize: 128 });
  expect(measuredOn.trainSamples).toBe({ 'few-labels-1': 3, 'few-labels-10': 3 }[kind as string] ?? 30);
  if (kind === 'fine-tune') return expect(figures).toBeNull();
  expect(figures).toMatchObject({ samples: 12, spreadStd: 1 / Math.sqrt(128) });
  return expect(figures?.rankMe).toBeGreaterThan(1);
});

test.each(Object.keys(kinds) as ProbeKind[])(
  'what %s took each image for adds up to its confusion matrix',
  async (kind) => {
    const { confusion } = await result({ kind });
    const key = keys.predictions('one', 10, kind);
    const { samples, truth, predicted } = decodePredictions((await store.get(key))!.bytes, key);
    expect([...samples]).toEqual(Array.from({ length: 12 }, (_, number) => number));
    expect([...truth]).toEqual([...samples].map((number) => number % 3)); // as the fixture labels them
    const counts = confusion.map((row) => row.map(() => 0));
    for (const [row, label] of truth.entries()) counts[label]![predicted[row]!]!++;
    expect(counts).toEqual(confusion);
  },
);

test('embeddings and their figures are computed once a step and split, and kept as objects', async () => {
  await result({ kind: 'knn' });
  await result({ kind: 'linear' });
  const kept = await keysBelow('runs/one/embeddings/00000010/');
  expect(kept.filter((key) => key.endsWith('.safetensors'))).toHaveLength(2);
  expect(kept.filter((key) => key.includes('figures-eval-'))).toHaveLength(1);
});

test('a result on tune lies beside that on eval and says so', async () => {
  const { measuredOn } = await result({ kind: 'knn', split: 'tune' });
  expect(measuredOn).toMatchObject({ split: 'tune', evalSamples: 9 });
  expect(await keysBelow(keys.probes('one'))).toContain('runs/one/probes/00000010/knn.tune.json');
});

test('measured once more from the checkpoint alone, every figure is the same', async () => {
  for (const kind of ['linear-sgd', 'fine-tune'] as const) {
    const { seconds: _, ...first } = await result({ kind });
    for (const key of [...(await keysBelow(keys.probes('one'))), ...(await keysBelow('runs/one/embeddings/'))])
      await store.delete(key);
    const { seconds: __, ...second } = await result({ kind });
    expect(second).toEqual(first);
  }
});

test('fine-tuning trains, batch norm with it: a long one fits its three classes', async () => {
  const probe = { ...tinySpec().probe, fineTune: { ...tinySpec().probe.fineTune, epochs: 12, learningRate: 0.003 } };
  await putRun(store, 'long', tinySpec({ probe }));
  const { top1, options } = await result({ kind: 'fine-tune' }, 'long');
  expect(options['trainLoss']).toBeLessThan(0.7 * Math.log(3));
  expect(top1).toBeGreaterThan(0.5);
});

test('few labels record how many, of which part and seed', async () => {
  const { options } = await result({ kind: 'few-labels-10', step: 0 });
  expect(options).toMatchObject({ labels: 3, seed: 1, fraction: 0.1 });
});

test('a step without checkpoint, and raw pixels of a kind that needs an encoder, are refused', async () => {
  await expect(result({ step: 15 })).rejects.toThrow('run one has no checkpoint at step 15; it has 10');
  await expect(result({ kind: 'fine-tune', target: 'pixels', step: 0 })).rejects.toThrow('raw pixels have none');
});

test("a checkpoint of another image size is refused by the weights that don't fit", async () => {
  const vit = { backbone: { name: 'vit-report', options: { patchSize: 4, depth: 1 } } };
  const [small, large] = [8, 16].map((side) => tinySpec({ ...vit, image: { ...tinySpec().image, size: side } }));
  await putRun(store, 'resized', large!, small);
  await expect(loadEncoder(store, 'resized', large!, 10)).rejects.toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/weights don't fit vit-report at 16 × 16 px: .*encoder\.pos_embed/) as string,
      remedy: expect.stringContaining('images of the size that it was trained on') as string,
    }),
  );
});
