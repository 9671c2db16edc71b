import { expect, test } from 'vitest';

import { type DatasetIndex, type ProbeJob } from '#lib/contracts';

import { checkTask } from './check-task.ts';
import { tinySpec } from './measure.fixture.ts';

const counts = { train: [5, 5], tune: [1, 1], eval: [2, 2] };

/** An index of these classes' counts. */
function indexOf(classCounts: typeof counts, names = ['ant', 'bee']): DatasetIndex {
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    format: 'unlabel.dataset-index',
    version: 1,
    images: { kind: 'small', width: 8, height: 8 },
    classes: names.map((name) => ({ folder: name, name })),
    splits: { train: sum(classCounts.train), tune: sum(classCounts.tune), eval: sum(classCounts.eval) },
    classCounts,
    shards: [],
    setAside: { count: 0, first: [] },
  };
}
const check = (index: DatasetIndex, job: Partial<ProbeJob> = {}, probe = tinySpec().probe) =>
  checkTask({ dataset: 'pets', index, job: { kind: 'knn', split: 'eval', ...job }, options: probe });
const withRemedy = (message: string) =>
  expect.objectContaining({
    name: 'UsageError',
    message: expect.stringContaining(message) as string,
    remedy: expect.stringMatching(/./) as string,
  }) as Error;

test('takes a dataset whose classes are in train and in the measured split', () => {
  for (const split of ['eval', 'tune'] as const) expect(() => check(indexOf(counts), { split })).not.toThrow();
  // held out of a class of three: none of ⌊0.3⌋; it is learnt, and has no row of its own in eval
  expect(() => check(indexOf({ train: [5, 3], tune: [1, 0], eval: [2, 0] }), { split: 'tune' })).toThrow('all images');
});

test('refuses images without labels', () => {
  const none = { train: [], tune: [], eval: [] };
  expect(() => check({ ...indexOf(none, []), splits: { train: 9, tune: 0, eval: 3 } })).toThrow(
    withRemedy('dataset pets has no labels'),
  );
  const some = indexOf(counts);
  expect(() => check({ ...some, splits: { ...some.splits, train: 13 } })).toThrow(
    withRemedy('3 of 13 images of train have no class'),
  );
});

test('refuses a split that is empty or has one class', () => {
  expect(() => check(indexOf({ ...counts, tune: [0, 0] }), { split: 'tune' })).toThrow(withRemedy('no images in tune'));
  expect(() => check(indexOf({ ...counts, eval: [4, 0] }))).toThrow(
    withRemedy('all images of eval are of class ant, a probe needs two classes or more'),
  );
  expect(() => check(indexOf({ ...counts, train: [0, 9] }))).toThrow(
    withRemedy('all images of train are of class bee'),
  );
});

test('refuses a class of one image, and one that is measured but never learnt', () => {
  const names = ['ant', 'bee', 'cat'];
  expect(() => check(indexOf({ train: [5, 5, 1], tune: [1, 1, 0], eval: [2, 2, 0] }, names))).toThrow(
    withRemedy('class cat has one image: too few to hold one out'),
  );
  expect(() => check(indexOf({ train: [5, 5, 0], tune: [1, 1, 0], eval: [2, 2, 2] }, names))).toThrow(
    withRemedy('class cat has 2 images in eval and none in train'),
  );
});

test('refuses more neighbours than the probe has images of train', () => {
  const probe = { ...tinySpec().probe, k: 11 };
  expect(() => check(indexOf(counts), {}, probe)).toThrow(withRemedy('probe.k: 11 neighbours'));
  expect(() => check(indexOf(counts), { kind: 'linear' }, probe)).not.toThrow();
  expect(() => check(indexOf(counts), {}, { ...probe, k: 4, trainSamples: 3 })).toThrow(
    withRemedy('4 neighbours, but the probe has 3 images of train'),
  );
});
