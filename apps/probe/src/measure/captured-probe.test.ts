import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { buildStep, native } from '#lib/engine';
import { type Capture, logisticRegression } from '#lib/evaluation';
import { Draws } from '#lib/sampling';

native();
const [rows, columns, classes] = [300, 7, 4];
const draws = new Draws({ seed: 3, purpose: 'features' });
const data = Float32Array.from({ length: rows * columns }, () => draws.uniform(-1, 1));
const labels = Int32Array.from(
  { length: rows },
  (_, row) => Math.floor(2 + data[row * columns]! + data[row * columns + 1]! + draws.float()) % classes,
);
const train = { data, shape: [rows, columns] as [number, number], labels };

test.each([2 ** 24, 700])(
  'the linear probe of a captured objective is that of its operations one by one, in chunks of %i numbers',
  async (chunkValues) => {
    let captured = 0;
    const capture: Capture = (computation, shapes) => {
      captured++;
      return buildStep(computation, { engine: 'captured', ...shapes });
    };
    const options = { inverseRegularisation: 1, chunkValues };
    const eager = await logisticRegression(train, classes, options);
    const before = memory().numTensors;
    const model = await logisticRegression(train, classes, { ...options, capture });
    expect(memory().numTensors).toBe(before);
    expect(captured).toBe(Math.ceil(rows / Math.floor(chunkValues / columns)));
    expect(model.convergence.reason).not.toBe('max-iterations');
    for (const [i, weight] of eager.weight.entries()) expect(model.weight[i]).toBeCloseTo(weight, 3);
    expect(model.objective).toBeCloseTo(eager.objective, 3);
  },
);
