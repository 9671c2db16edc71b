import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  add,
  div,
  dropout,
  fill,
  keep,
  log,
  mean,
  mul,
  norm,
  ones,
  randomNormal,
  randomUniform,
  scalar,
  sum,
  tensor,
  tensor1d,
  tidy,
  truncatedNormal,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';

import { buildStep, memoryUse, RecordingError, type StepFunction, UndeclaredTensorError } from './index.ts';

const uploaded = () => {
  const made = tensor1d([1, 2, 3, 4]);
  add(made, 0).dispose();
  return made;
};

/** Builds a captured step of x [4] and runs it once on 1, 2, 3, 4. */
function capture(y: (x: Tensor1D) => Tensor): Float32Array {
  const fn: StepFunction = (_, { x }) => ({ state: {}, outputs: { y: y(x as Tensor1D) } });
  const step = buildStep(fn, { engine: 'captured', state: {}, inputs: { x: { shape: [4], dtype: 'float32' } } });
  try {
    return step.run({ x: Float32Array.of(1, 2, 3, 4) })['y']!;
  } finally {
    step.dispose();
  }
}

// A temporary folder of its own: other files build steps at the same time.
const temporary = mkdtempSync(join(tmpdir(), 'unlabel-recorder-'));
vi.stubEnv('TMPDIR', temporary);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('unlabel-step-')).length;
let before = { ...memoryUse(), folders: folders() };
beforeEach(() => void (before = { ...memoryUse(), folders: folders() }));
afterEach(() => {
  expect(memoryUse()).toMatchObject({ tensors: before.tensors, sessions: before.sessions });
  expect(folders()).toBe(before.folders);
  expect(tidy(() => add(1, 1).dataSync()[0])).toBe(2); // the backend is itself again
});

test.each([
  ['made from numbers and not uploaded yet', () => tensor1d([1, 2, 3, 4])],
  ['uploaded', uploaded],
  ['a result of an operation', () => fill([4], 2)],
  ['a scalar', () => scalar(3)],
])('refuses a tensor from outside that is %s, naming the operation', (_, make) => {
  const outside = make();
  expect(() => capture((x) => mul(add(x, 1), outside))).toThrow(UndeclaredTensorError);
  expect(() => capture((x) => mul(add(x, 1), outside))).toThrow(
    `step: Mul reads a tensor [${outside.shape.join(', ')}] that is no input, no state and not made in the step`,
  );
  expect(() => capture(() => outside)).toThrow('step: output y reads a tensor');
  outside.dispose();
});

test.each<[string, (x: Tensor1D) => Tensor]>([
  ['tf.randomNormal', () => randomNormal([4])],
  ['tf.randomNormal', () => randomNormal([4], 0, 1, 'float32', 42)],
  ['tf.randomUniform', () => randomUniform([4])],
  ['tf.randomUniform', (x) => dropout(x, 0.5, undefined, 7)],
  ['tf.truncatedNormal', () => truncatedNormal([4], 0, 1, 'float32', 3)],
  ['Math.random', (x) => mul(x, Math.random())],
])('refuses draws by %s, seeded or not (%#)', (name, draw) => {
  expect(() => capture((x) => add(x, draw(x)))).toThrow(`step: ${name} would draw once and repeat that for ever`);
});

test('refuses to read values in the step, but for those that the step wrote itself', () => {
  expect(() => capture((x) => mul(x, sum(x).dataSync()[0]!))).toThrow(RecordingError);
  expect(capture((x) => mul(x, scalar(2).dataSync()[0]!))).toEqual(Float32Array.of(2, 4, 6, 8));
});

test('refuses constants that should be inputs, not those of one value', () => {
  const size = 9 * 2 ** 20;
  const distinct = new Float32Array(size);
  distinct[0] = 1;
  expect(() => capture((x) => add(x, mean(tensor(distinct, [size]))))).toThrow(
    /step: holds over 32 MiB of constants, the last of shape \[9437184\]/,
  );
  expect(capture((x) => add(x, mean(ones([size]))))).toEqual(Float32Array.of(2, 3, 4, 5));
});

test('frees tensors that the step kept and returns', () => {
  expect(capture((x) => keep(add(x, 1)))).toEqual(Float32Array.of(2, 3, 4, 5));
});

test('records a step whose values are not finite on zeros', () => {
  expect(capture((x) => div(mul(log(x), div(1, x)), norm(x)))[0]).toBe(0);
});
