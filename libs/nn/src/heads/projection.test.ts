import { fill, memory, tensor, tidy } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { initialise } from '../initialise.ts';
import { scopeOf } from '../module.ts';

import { projection } from './projection.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

test.each([[[4]], [[5, 4]], [[6, 7, 8, 9, 4]]])('layers of widths %j give projections of the last width', (widths) => {
  const head = projection({ in: 3, widths, lastNorm: 'none' });
  const names = head.parameters.map(({ name }) => name);
  expect(names.filter((name) => name.endsWith('running_mean')).length).toBe(widths.length - 1);
  expect(names).toContain(`layers.${3 * (widths.length - 1)}.bias`);
  tidy(() => {
    const values = initialise(head.parameters, 1);
    const state = Object.fromEntries(
      head.parameters.map(({ name, shape }) => [name, tensor(values[name] as Float32Array, shape)]),
    );
    expect(head.forward(scopeOf(state, false), fill([2, 3], 1)).shape).toEqual([2, 4]);
  });
});

test('a last batch norm takes the place of the bias, with or without scale and shift', () => {
  const last = (lastNorm: 'batch-norm' | 'batch-norm-plain') =>
    projection({ in: 3, widths: [5, 4], lastNorm })
      .parameters.map(({ name }) => name)
      .filter((name) => /layers\.[34]\./.test(name));
  expect(last('batch-norm')).toEqual([
    'layers.3.weight',
    'layers.4.weight',
    'layers.4.bias',
    'layers.4.running_mean',
    'layers.4.running_var',
  ]);
  expect(last('batch-norm-plain')).toEqual(['layers.3.weight', 'layers.4.running_mean', 'layers.4.running_var']);
});

test.each([[[]], [[0]], [[4, -1, 4]], [[2.5]]])('widths %j are refused', (widths) => {
  const wrong = () => projection({ in: 3, widths, lastNorm: 'none' });
  expect(wrong).toThrow(UsageError);
  expect(wrong).toThrow(`got [${widths.join(', ')}]`);
});
