import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { type GoldenCase, goldenCases } from '#lib/testing';

import { firstClasses, labelRanks, topKAccuracy } from './accuracy.ts';
import { type LabelledFeatures } from './features.ts';
import { knn } from './knn.ts';

function labelled(golden: GoldenCase, name: string): LabelledFeatures {
  const { data, shape } = golden.tensor(`in/${name}`);
  return {
    data: data as Float32Array,
    shape: shape as [number, number],
    labels: golden.tensor(`in/${name}_labels`).data as Int32Array,
  };
}

const cases = goldenCases('evaluation/knn');
const sizes = [2 ** 24, 400];

test.each(cases.flatMap((golden) => sizes.map((chunkValues) => ({ golden, chunkValues, name: golden.name }))))(
  '$name in chunks of $chunkValues numbers',
  async ({ golden, chunkValues }) => {
    const { k, temperature, num_classes: classes } = golden.args as Record<string, number>;
    const [bank, queries] = [labelled(golden, 'bank'), labelled(golden, 'query')];
    const before = memory().numTensors;
    const votes = await knn({ bank, queries, classes: classes!, k: k!, temperature: temperature!, chunkValues });
    expect(memory().numTensors).toBe(before);
    const rows = queries.shape[0];
    golden.expectClose('out/scores', votes.scores, [rows, classes!]);
    golden.expectClose('out/votes', votes.votes, [rows, classes!]);
    golden.expectClose('out/ranking', votes.ranking, [rows, classes!]);
    if (golden.tensors['out/neighbours']) {
      golden.expectClose('out/neighbours', votes.neighbours.rows, [rows, k!]);
      golden.expectClose('out/similarities', votes.neighbours.similarities, [rows, k!]);
    }
    const ranks = labelRanks(votes.ranking, queries.labels, classes!);
    golden.expectClose('out/accuracy', [topKAccuracy(ranks, 1)], []);
    golden.expectClose('out/accuracy_top5', [topKAccuracy(ranks, 5)], []);
    expect(firstClasses(votes.ranking, classes!)).toHaveLength(rows);
  },
);
