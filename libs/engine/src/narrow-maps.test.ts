import { abs, grads, mul, reshape, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { type ComputePrecision } from '#lib/contracts';
import { addBias, attend, batchNormTrain, biasGelu, layerNorm, product, withoutOwnKernels } from '#lib/tensor';

import { dataType } from './graph.ts';
import { buildStep, native, type TensorMap } from './index.ts';
import { given, noise, Operations } from './operations.fixture.ts';

/** bfloat16 keeps 8 bits: a value is off by 2⁻⁸ of itself at most. */
const rounding = 2 ** -8;
const { ownKernels: kernels } = native().backend;
const operations = new Operations();
afterEach(() => operations.dispose());

/** An own kernel with maps in bfloat16 or float32: which of its inputs and outputs are maps. */
interface MapOperation {
  attributes?: Parameters<Operations['run']>[1];
  inputs: [shape: number[], isMap: boolean][];
  outputs: boolean[];
}
const maps: [number[], boolean] = [[6, 5, 21], true];
const wide: [number[], boolean] = [[6, 5, 63], true];
const channels: [number[], boolean] = [[21], false];
const rows: [number[], boolean] = [[30], false];
const scale = { scale: given.float(0.7) };
const heads = { ...scale, heads: given.integer(7) };
const norm = (relu: boolean, residual: boolean) => ({
  attributes: { epsilon: given.float(0.1), relu: given.boolean(relu), add_residual: given.boolean(residual) },
});
const ways = [false, true].flatMap((relu) => [false, true].map((residual) => [relu, residual] as const));

const mapOperations: [string, MapOperation][] = [
  ['UnlabelBias', { inputs: [maps, channels], outputs: [true] }],
  ['UnlabelBiasGelu', { inputs: [maps, channels], outputs: [true] }],
  ['UnlabelBiasGeluGradient', { inputs: [maps, maps, channels], outputs: [true, false] }],
  ['UnlabelColumnSums', { inputs: [maps], outputs: [false] }],
  ['UnlabelAttention', { attributes: heads, inputs: [wide], outputs: [true] }],
  ['UnlabelAttentionGradient', { attributes: heads, inputs: [maps, wide], outputs: [true] }],
  [
    'UnlabelLayerNormGradient',
    { inputs: [maps, [maps[0], false], channels, rows, rows], outputs: [false, false, false] },
  ],
  ...ways.map(([relu, residual]): [string, MapOperation] => [
    'UnlabelBatchNorm',
    { ...norm(relu, residual), inputs: [maps, channels, channels, maps], outputs: [true, false, false] },
  ]),
  ...ways.map(([relu, residual]): [string, MapOperation] => [
    'UnlabelBatchNormGradient',
    {
      ...norm(relu, residual),
      inputs: [maps, maps, maps, channels, channels, channels, channels],
      outputs: [true, false, false, true],
    },
  ]),
];

test.each(mapOperations)('%s computes maps in bfloat16 in float32 and rounds once at the end', (name, operation) => {
  const { attributes = {}, inputs, outputs } = operation;
  if (!kernels) return expect(native().backend.ownKernels).toBeUndefined();
  tidy(() => {
    const operands = inputs.map(([shape, isMap], i) => {
      const values = noise(shape, i + 1);
      return isMap ? operations.narrow(operations.of(values)) : operations.of(abs(values));
    });
    const typed = (type: number) => ({ ...attributes, T: given.type(type) });
    const got = operations.run(name, typed(dataType.bfloat16), operands, outputs.length);
    const widened = operands.map((id, i) => (inputs[i]![1] ? operations.wide(id) : id));
    const want = operations.run(name, typed(dataType.float), widened, outputs.length);
    for (const [k, isMap] of outputs.entries()) {
      const values = operations.read(isMap ? operations.wide(got[k]!) : got[k]!);
      expectRounded(values, operations.read(want[k]!), isMap ? rounding : 0);
    }
  });
});

/** @param rounding of each value; on top of it come sums in another order */
function expectRounded(got: Float32Array, want: Float32Array, rounding: number): void {
  const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const off = want.findIndex((value, i) => !(Math.abs(got[i]! - value) <= rounding * Math.abs(value) + 1e-5 * largest));
  expect({ at: off, got: got[off], want: want[off] }).toEqual({ at: -1 });
}

const trained: Record<string, (y: Tensor, a: Tensor, b: Tensor) => Tensor> = {
  addBias: (y, a) => addBias(y, a),
  biasGelu: (y, a) => biasGelu(y, a),
  layerNorm: (y, a, b) => layerNorm(y, a, b, 0.1),
  attend: (y) => attend(reshape(y, [4, 10, 48]), 4),
  batchNormTrain: (y, a, b) => batchNormTrain(y, a, b, 0.1).y,
  'batchNormTrain with relu': (y, a, b) => batchNormTrain(y, a, b, 0.1, { relu: true }).y,
  'batchNormTrain with a residual': (y, a, b) => batchNormTrain(y, a, b, 0.1, { residual: mul(y, 0.5), relu: true }).y,
};
const inputs = { x: [40, 24], w: [24, 48], a: [48], b: [48] };

/** What comes between two products of layers, with its gradients in all inputs, as a step that is recorded. */
function results(f: (y: Tensor, a: Tensor, b: Tensor) => Tensor, precision: ComputePrecision) {
  const loss = (...[x, w, a, b]: Tensor[]) => {
    const y = f(product(x!, w!), a!, b!);
    const columns = y.size / 40;
    const after = product(reshape(y, [40, columns]), noise([columns, 16], 8));
    return sum(mul(after, noise([40, 16], 9)));
  };
  const fn = (_: TensorMap, { x, w, a, b }: TensorMap) => {
    const used = [x!, w!, a!, b!].slice(0, 1 + f.length); // those that f takes: it has y for x and w
    const gradients = grads(loss)(used);
    return { state: {}, outputs: Object.fromEntries(gradients.map((each, i) => [`gradient ${i}`, each])) };
  };
  const specs = Object.entries(inputs).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }] as const);
  const step = buildStep(fn, { engine: 'captured', precision, state: {}, inputs: Object.fromEntries(specs) });
  const fed = tidy(() => Object.entries(inputs).map(([name, shape], i) => [name, noise(shape, i).dataSync()] as const));
  const made = Object.values(step.run(Object.fromEntries(fed) as Record<string, Float32Array>));
  step.dispose();
  return made;
}

const apart = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));

test.each(Object.entries(trained))(
  'a recorded step with %s in bfloat16 is as near to float32 as one without own kernels',
  (_, f) => {
    const [own, want] = [results(f, 'bfloat16'), results(f, 'float32')];
    const composed = withoutOwnKernels(() => results(f, 'bfloat16'));
    for (const [i, exact] of want.entries()) {
      expect(apart(own[i]!, exact)).toBeGreaterThan(0);
      expect(apart(own[i]!, exact)).toBeLessThan(1.25 * apart(composed[i]!, exact));
      expect(apart(own[i]!, exact)).toBeLessThan(0.1 * Math.hypot(...exact)); // relu lets through another value here and there
    }
  },
);
