import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { probeResultSchema } from '#lib/contracts';
import { Draws } from '#lib/sampling';

import { type IdentifiedFeatures, type Progress } from './features.ts';
import { knnProbe, linearProbe } from './probe.ts';
import { type ProbeOutcome } from './probe-outcome.ts';
import { regularisationGrid } from './select-regularisation.ts';

/** Each class around its own corner, far enough apart that both probes see most of them right. */
function clouds(seed: number, rows: number, { columns = 8, classes = 8, spread = 0.4 } = {}): IdentifiedFeatures {
  const draws = new Draws({ seed, purpose: 'probe test' });
  const labels = Int32Array.from({ length: rows }, () => draws.int(classes));
  const data = Float32Array.from({ length: rows * columns }, (_, at) => {
    return spread * draws.normal() + (labels[Math.floor(at / columns)] === at % columns ? 1 : 0);
  });
  return { data, shape: [rows, columns], labels, ids: Array.from(labels, (_, row) => `${seed}/${row}`) };
}
const classes = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu', 'hen'];
const knnOptions = { k: 5, temperature: 0.1, centre: false };
const linearOptions = { inverseRegularisation: 1 };
const [train, evaluation] = [clouds(1, 120), clouds(2, 50)];

function expectResult(outcome: ProbeOutcome, wanted: Int32Array): void {
  const { labels, predictions, ...fields } = outcome;
  expect(labels).toEqual(wanted);
  const parsed = probeResultSchema.parse({
    ...fields,
    format: 'unlabel.probe',
    version: 1,
    encoder: { kind: 'pixels' },
    measuredOn: { dataset: 'tiny', contentHash: 'a'.repeat(64), trainSamples: 120, evalSamples: 50, featureSize: 8 },
    codeVersion: 'test',
    device: 'cpu',
  });
  const correct = labels.filter((label, row) => predictions[row] === label).length;
  expect(parsed.top1).toBe(correct / labels.length);
  expect(parsed.perClass.map(({ name }) => name)).toEqual(classes);
  expect(parsed.report).toContain('weighted avg');
}

test('the outcome of both probes fits the contract, is far above chance and agrees with its predictions', async () => {
  const before = memory().numTensors;
  for (const outcome of [
    await knnProbe({ train, eval: evaluation, classes, options: knnOptions }),
    await linearProbe({ train, eval: evaluation, classes, options: linearOptions }),
  ]) {
    expectResult(outcome, evaluation.labels);
    expect(outcome.top1).toBeGreaterThan(0.6);
    expect(outcome.top5).toBeGreaterThan(outcome.top1);
  }
  expect(memory().numTensors).toBe(before);
});

test('is the same in a second run, bit for bit', async () => {
  const run = async () => {
    const { seconds: _, ...rest } = await linearProbe({ train, eval: evaluation, classes, options: linearOptions });
    return rest;
  };
  expect(await run()).toEqual(await run());
});

test('labels drawn at random give chance, not more', async () => {
  const draws = new Draws({ seed: 9, purpose: 'labels' });
  const shuffled = { ...train, labels: draws.shuffle([...train.labels]) };
  const random = { ...shuffled, labels: Int32Array.from(shuffled.labels) };
  const { top1 } = await knnProbe({ train: random, eval: clouds(3, 400), classes, options: knnOptions });
  expect(top1).toBeLessThan(0.3);
});

test('says how the fit ended, and top-5 only where it means something', async () => {
  const few = { columns: 3, classes: 3 };
  const outcome = await linearProbe({
    train: clouds(4, 40, few),
    eval: clouds(5, 20, few),
    classes: ['a', 'b', 'c'],
    options: { ...linearOptions, maxIterations: 2 },
  });
  expect(outcome.top5).toBeNull();
  expect(outcome.options).toMatchObject({ fit: 'max-iterations', iterations: 2, inverseRegularisation: 1 });
});

test('reports progress of each phase up to 1', async () => {
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => seen.push(progress);
  await knnProbe({ train, eval: evaluation, classes, options: knnOptions, onProgress });
  await linearProbe({ train, eval: evaluation, classes, options: linearOptions, onProgress });
  for (const phase of ['neighbours', 'fit']) expect(seen.findLast((at) => at.phase === phase)?.done).toBe(1);
});

test('a chosen C is one of the grid, is what the whole of train is fitted with, and how it was judged is recorded', async () => {
  const probe = { train, eval: evaluation, classes };
  const chosen = await linearProbe({ ...probe, options: { inverseRegularisation: 'auto' } });
  const c = chosen.options['inverseRegularisation'] as number;
  expect(regularisationGrid).toContain(c);
  expect(chosen.options['heldOutTop1']).toMatch(/^0\.001: 0\.\d{4}, .*, 10: \d\.\d{4}$/);
  const fixed = await linearProbe({ ...probe, options: { inverseRegularisation: c } });
  expect(chosen.predictions).toEqual(fixed.predictions);
});

test('refuses an empty split, one class, bad features and other widths, naming them', async () => {
  const probe = { train, eval: evaluation, classes };
  const linear = (change: Partial<typeof probe>) => linearProbe({ ...probe, options: linearOptions, ...change });
  const nearest = (change: Partial<typeof probe>) => knnProbe({ ...probe, options: knnOptions, ...change });
  const oneClass = { ...train, labels: train.labels.map(() => 2) };
  const infinite = { ...evaluation, data: evaluation.data.with(8 * 7 + 3, Infinity) };
  for (const attempt of [linear, nearest]) {
    await expect(attempt({ train: clouds(1, 0) })).rejects.toThrow('train: no samples');
    await expect(attempt({ eval: clouds(1, 0) })).rejects.toThrow('eval: no samples');
    await expect(attempt({ eval: infinite })).rejects.toThrow('eval: row 7, column 3 is Infinity');
    await expect(attempt({ eval: clouds(1, 9, { columns: 5 }) })).rejects.toThrow(
      'train has 8 features a row and eval has 5',
    );
    await expect(attempt({ classes: classes.slice(0, 4) })).rejects.toThrow('allowed are 0 .. 3');
  }
  await expect(linear({ train: oneClass })).rejects.toThrow('all 120 labels are class 2');
  await expect(knnProbe({ ...probe, options: { ...knnOptions, k: 121 } })).rejects.toThrow(
    'k is 121, the bank has 120',
  );
});
