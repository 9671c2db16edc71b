import { add, memory, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { NotFoundError } from '#lib/contracts';

import { type Module, named, scopeOf, sequence } from './module.ts';

const counter: Module = {
  parameters: [{ name: 'count', shape: [1], init: { kind: 'zeros' }, trainable: false, decay: false }],
  forward(scope, x) {
    const next = add(scope.read('count'), 1);
    scope.write('count', next);
    return add(x, next);
  },
};

test('a second pass over one scope reads what the first wrote, and the state stays as it was', () => {
  const before = memory().numTensors;
  const state = { 'a.count': tensor1d([10]) };
  const scope = scopeOf(state, true);
  const x = tensor1d([0]);
  const module = named('a', counter);
  const [first, second] = [module.forward(scope, x), module.forward(scope, x)];
  expect([first, second].map((y) => y.dataSync()[0])).toEqual([11, 12]);
  expect(scope.written['a.count']?.dataSync()[0]).toBe(12);
  expect(state['a.count'].dataSync()[0]).toBe(10);
  // state, x, two results, one written value: the value written first is gone
  expect(memory().numTensors).toBe(before + 5);
  for (const used of [state['a.count'], x, first, second, scope.written['a.count'] as Tensor]) used.dispose();
});

test('what a pass writes outlives the tidy around it', () => {
  const before = memory().numTensors;
  const scope = tidy(() => {
    const inner = scopeOf({ count: tensor1d([1]) }, true);
    counter.forward(inner, tensor1d([0]));
    return inner.written;
  });
  expect(scope['count']?.dataSync()[0]).toBe(2);
  scope['count']?.dispose();
  expect(memory().numTensors).toBe(before);
});

test('names nest, in parameters and in reads', () => {
  const module = named('outer', sequence(named('0', counter), named('1', counter)));
  expect(module.parameters.map(({ name }) => name)).toEqual(['outer.0.count', 'outer.1.count']);
});

test('reading an unknown name lists known ones', () => {
  const state = { weight: tensor1d([1]) };
  expect(() => scopeOf(state, false).read('wieght')).toThrow(NotFoundError);
  expect(() => scopeOf(state, false).read('wieght')).toThrow('no parameter wieght; the state has weight');
  state.weight.dispose();
});
