import { expect, test } from 'vitest';

import { attribute } from './graph.ts';
import { ownFormOf, type RecordedCall } from './own-forms.ts';

const call = (
  name: string,
  shapes: number[][],
  attributes: Record<string, unknown> = {},
  more: { isInLayer?: boolean; isNarrow?: boolean[] } = {},
): RecordedCall & { isNarrow: readonly boolean[] } => ({
  name,
  shapes,
  attribute: (wanted) => attributes[wanted],
  isInLayer: false,
  isNarrow: shapes.map(() => false),
  ...more,
});

const convolution = { strides: [1, 2, 2, 1], padding: 'SAME', data_format: 'NHWC', dilations: [1, 1, 1, 1] };
const filterGradient = (channels: number, changed: Record<string, unknown> = {}) =>
  call('Conv2DBackpropFilter', [[8, 9, 9, 3], [4], [8, 5, 5, channels]], { ...convolution, ...changed });
const weightGradient = (x: number[], dy: number[], changed: Record<string, unknown> = {}, isInLayer = true) =>
  call('BatchMatMulV2', [x, dy], { adj_x: true, adj_y: false, ...changed }, { isInLayer });
const sum = (a: number[], b: number[], ...isNarrow: boolean[]) => call('Add', [a, b], {}, { isNarrow });

test.each(['avx512bf16', 'amxbf16'])('with %s gradients of filters and weights are own kernels', (kernels) => {
  expect(ownFormOf(filterGradient(48), kernels)?.operation).toBe('UnlabelConvFilterGradient');
  expect(ownFormOf(weightGradient([10, 7], [10, 48]), kernels)?.operation).toBe('UnlabelWeightGradient');
});

test("a convolution's filter gradient takes both maps in bfloat16, its sizes as they are", () => {
  expect(ownFormOf(filterGradient(48), 'avx512bf16')).toEqual({
    operation: 'UnlabelConvFilterGradient',
    operands: [0, 1, 2],
    narrow: [true, false, true],
    attributes: { stride: attribute.integer(2), same: attribute.boolean(true) },
  });
  expect(ownFormOf(filterGradient(16, { padding: 'VALID' }), 'avx512bf16')?.attributes['same']).toEqual(
    attribute.boolean(false),
  );
  expect(ownFormOf(filterGradient(16, { dilations: undefined }), 'avx512bf16')).toBeDefined();
});

test.each([
  ['channels that are not whole vectors', filterGradient(20)],
  ['strides that differ', filterGradient(16, { strides: [1, 2, 1, 1] })],
  ['dilations', filterGradient(16, { dilations: [1, 2, 2, 1] })],
  ['paddings of its own', filterGradient(16, { padding: 'EXPLICIT' })],
  ['channels ahead of the image', filterGradient(16, { data_format: 'NCHW' })],
])('a filter gradient with %s is left to TensorFlow', (_, given) => {
  expect(ownFormOf(given, 'avx512bf16')).toBeUndefined();
});

test("the gradient of a layer's weight takes both matrices in bfloat16 and gives float32", () => {
  expect(ownFormOf(weightGradient([10, 7], [10, 48]), 'avx512bf16')).toEqual({
    operation: 'UnlabelWeightGradient',
    operands: [0, 1],
    narrow: [true, true],
    attributes: {},
  });
});

test.each([
  ['an odd number of rows', weightGradient([9, 7], [9, 48])],
  ['columns that are not whole vectors', weightGradient([10, 7], [10, 40])],
  ['stacks of matrices', weightGradient([2, 10, 7], [2, 10, 48])],
  ['a stack on the right', weightGradient([10, 7], [16, 10, 48])],
  ['nothing transposed', weightGradient([10, 10], [10, 48], { adj_x: false })],
  ['both transposed', weightGradient([10, 7], [48, 10], { adj_y: true })],
  ['operands of a loss', weightGradient([10, 7], [10, 48], {}, false)],
])('a product with %s is left to TensorFlow', (_, given) => {
  expect(ownFormOf(given, 'avx512bf16')).toBeUndefined();
});

test.each(['avx2', 'avx512'])(
  'on a processor with %s alone, gradients of filters and weights are left to TensorFlow',
  (kernels) => {
    expect(ownFormOf(filterGradient(16), kernels)).toBeUndefined();
    expect(ownFormOf(weightGradient([10, 7], [10, 48]), kernels)).toBeUndefined();
  },
);

test.each(['avx2', 'avx512', 'avx512bf16', 'amxbf16'])(
  'sums of maps that are narrow are taken as they are, with %s',
  (kernels) => {
    const shape = [2, 3, 5];
    expect(ownFormOf(sum(shape, shape, true, true), kernels)).toMatchObject({
      operation: 'UnlabelAdd',
      narrow: [true, true],
      isResultNarrow: true,
    });
    // the wide one comes first, whichever it was
    const mixed = { operation: 'UnlabelAddNarrow', narrow: [false, true] };
    expect(ownFormOf(sum(shape, shape, false, true), kernels)).toMatchObject({ ...mixed, operands: [0, 1] });
    expect(ownFormOf(sum(shape, shape, true, false), kernels)).toMatchObject({ ...mixed, operands: [1, 0] });
    expect(ownFormOf(sum(shape, shape, true, false), kernels)?.isResultNarrow).toBeFalsy();
  },
);

test('a sum that broadcasts, one in float32, and any other operation are left to TensorFlow', () => {
  expect(ownFormOf(sum([2, 3], [3], true, true), 'avx512bf16')).toBeUndefined();
  expect(ownFormOf(sum([2, 3], [2, 3], false, false), 'avx512bf16')).toBeUndefined();
  expect(ownFormOf(call('Mul', [[2], [2]], {}, { isNarrow: [true, true] }), 'avx512bf16')).toBeUndefined();
});
