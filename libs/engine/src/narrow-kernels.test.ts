import { tensor, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';

import { dataType } from './graph.ts';
import { hasBfloat16, native } from './index.ts';
import { given, noise, Operations } from './operations.fixture.ts';
import { ownFormOf, withProducts } from './own-forms.ts';

// On a processor that multiplies bfloat16, own kernels are compared with TensorFlow's in float32 on the same, rounded operands;
// on any other, each test makes sure that they are not chosen.
const { backend } = native();
const { ownKernels: kernels } = backend;
const has = withProducts.has(kernels);
/** Sums of float32 in another order, relative to the largest value. */
const tolerance = 1e-5;

const operations = new Operations();
const before = backend.binding.getNumOfTensors();
afterEach(() => {
  operations.dispose();
  expect(backend.binding.getNumOfTensors()).toBe(before);
});

function expectClose(got: Float32Array, want: Float32Array): void {
  expect(got.length).toBe(want.length);
  const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const off = want.findIndex((value, i) => !(Math.abs(got[i]! - value) <= tolerance * largest));
  expect({ at: off, got: got[off], want: want[off] }).toEqual({ at: -1 });
}

interface Convolution {
  batch: number;
  /** [height, width] of maps and of the filter */
  side: [number, number];
  kernel: [number, number];
  stride: number;
  same: boolean;
  from: number;
  to: number;
}
const outputSide = (side: number, kernel: number, { stride, same }: Convolution) =>
  same ? Math.ceil(side / stride) : Math.floor((side - kernel) / stride) + 1;
const convolutionShapes = (of: Convolution) => {
  const outputs = of.side.map((side, i) => outputSide(side, of.kernel[i]!, of));
  return {
    x: [of.batch, ...of.side, of.from],
    sizes: [...of.kernel, of.from, of.to],
    dy: [of.batch, ...outputs, of.to],
  };
};

function compareFilterGradient(of: Convolution, seed: number): void {
  const { x, sizes, dy } = convolutionShapes(of);
  const padding = of.same ? 'SAME' : 'VALID';
  const strides = [1, of.stride, of.stride, 1];
  const attributes: Record<string, unknown> = { strides, padding, dilations: [1, 1, 1, 1] };
  const call = { name: 'Conv2DBackpropFilter', shapes: [x, [4], dy], attribute: (name: string) => attributes[name] };
  const form = kernels && ownFormOf({ ...call, isInLayer: true, isNarrow: [true, false, true] }, kernels);
  expect(form ? form.operation : undefined).toBe(has ? 'UnlabelConvFilterGradient' : undefined);
  if (!form) return;
  tidy(() => {
    const [maps, gradients] = [noise(x, seed), noise(dy, seed + 1)].map((each) =>
      operations.narrow(operations.of(each)),
    );
    const filterSizes = operations.of(tensor(sizes, [4], 'int32'));
    const own = { stride: given.integer(of.stride), same: given.boolean(of.same) };
    const got = operations.one(form.operation, own, [maps!, filterSizes, gradients!]);
    const theirs = { T: given.type(dataType.float), strides: given.integer(strides), padding: given.string(padding) };
    const inputs = [operations.wide(maps!), filterSizes, operations.wide(gradients!)];
    expectClose(operations.read(got), operations.read(operations.one('Conv2DBackpropFilter', theirs, inputs)));
  });
  operations.dispose();
}

const channelsOut = fc.constantFrom(16, 48, 80);
const sides = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));
const convolutions = (from: fc.Arbitrary<number>) =>
  fc
    .record({
      batch: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 30, max: 70 })),
      side: sides(11),
      kernel: sides(4),
      stride: fc.integer({ min: 1, max: 3 }),
      same: fc.boolean(),
      from,
      to: channelsOut,
    })
    .filter(({ side, kernel, same }) => same || side.every((length, i) => length >= kernel[i]!));

test("the filter gradient equals TensorFlow's in float32, for any batch, image, filter, stride and padding", () => {
  const few = convolutions(fc.integer({ min: 1, max: 40 }));
  fc.assert(
    fc.property(few, fc.nat(100), (of, seed) => compareFilterGradient(of, seed)),
    { numRuns: 60 },
  );
});

test('the filter gradient of a large filter, which is computed in parts, equals it too', () => {
  const filter = { kernel: [3, 3], to: 80 } as const;
  // of more than 2 ** 16 numbers, and of more than 2 ** 18
  const channels = fc.oneof(fc.integer({ min: 92, max: 140 }), fc.integer({ min: 365, max: 400 }));
  const many = convolutions(channels).map((of) => ({
    ...of,
    ...filter,
    kernel: [3, 3] as [number, number],
    same: true,
  }));
  fc.assert(
    fc.property(many, fc.nat(100), (of, seed) => compareFilterGradient(of, seed)),
    { numRuns: 8 },
  );
});

test.each([1, 2])('the filter gradient of maps that fit no cache, by stride %i, equals it too', (stride) => {
  const of = { batch: 35, kernel: [3, 3] as [number, number], side: [29, 23] as [number, number], stride, same: true };
  compareFilterGradient({ ...of, from: 40, to: 80 }, 1);
  compareFilterGradient({ ...of, from: 370, to: 80 }, 1);
});

test('the filter gradient of a filter of one tap and many channels, which lie in panels, equals it too', () => {
  const many = convolutions(fc.integer({ min: 90, max: 200 })).map((of) => ({
    ...of,
    kernel: [1, 1] as [number, number],
  }));
  fc.assert(
    fc.property(many, fc.nat(100), (of, seed) => compareFilterGradient(of, seed)),
    { numRuns: 8 },
  );
});

function compareWeightGradient(rows: number, from: number, to: number, seed: number): void {
  const attribute = (name: string) => name === 'adj_x';
  const call = {
    name: 'BatchMatMulV2',
    shapes: [
      [rows, from],
      [rows, to],
    ],
    attribute,
    isInLayer: true,
  };
  const form = kernels && ownFormOf({ ...call, isNarrow: [true, true] }, kernels);
  expect(form ? form.operation : undefined).toBe(has ? 'UnlabelWeightGradient' : undefined);
  if (!form) return;
  tidy(() => {
    const operands = [noise([rows, from], seed), noise([rows, to], seed + 1)];
    const narrow = operands.map((each) => operations.narrow(operations.of(each)));
    const got = operations.one(form.operation, {}, narrow);
    const transposed = { T: given.type(dataType.float), adj_x: given.boolean(true), adj_y: given.boolean(false) };
    const want = operations.one(
      'BatchMatMulV2',
      transposed,
      narrow.map((each) => operations.wide(each)),
    );
    expectClose(operations.read(got), operations.read(want));
  });
  operations.dispose();
}

test("a weight's gradient equals the product in float32, for any even number of rows", () => {
  const rows = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 60, max: 700 })).map((half) => 2 * half);
  const from = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 90, max: 200 }));
  fc.assert(fc.property(rows, from, channelsOut, fc.nat(100), compareWeightGradient), { numRuns: 40 });
  for (const from of [1000, 3400]) compareWeightGradient(130, from, 80, 1); // large: in parts
});

test('the processor has the kernels for bfloat16 exactly where training in it is offered', () => {
  if (kernels !== undefined) expect(has).toBe(hasBfloat16('cpu'));
  else
    expect(
      ownFormOf({ name: 'Mul', shapes: [], attribute: () => 0, isInLayer: true, isNarrow: [] }, ''),
    ).toBeUndefined();
});
