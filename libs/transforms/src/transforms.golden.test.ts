import { describe, expect, test } from 'vitest';

import { goldenCases, type GoldenCase } from '#lib/testing';

import {
  type Adjustment,
  brightness,
  type ByteImage,
  centerBox,
  centerCrop,
  clamp,
  colorJitter,
  contrast,
  emptyImage,
  type FloatImage,
  gaussianBlur,
  grayscale,
  horizontalFlip,
  hue,
  type Interpolation,
  normalize,
  posterize,
  posterizeBytes,
  resize,
  resizedCrop,
  resizedCropBytes,
  saturation,
  shorterSide,
  solarize,
  toFloat,
  verticalFlip,
} from './index.ts';

const sizeOf = (shape: readonly number[]) => {
  const [height, width, channels] = shape as [number, number, number];
  return { height, width, channels };
};

/** The input of a case as it is, its values uncast (bytes stay 0..255). */
function raw(golden: GoldenCase): FloatImage {
  const { shape, data } = golden.tensor('in/image');
  return { ...sizeOf(shape), data: Float32Array.from(data) };
}

function bytes(golden: GoldenCase): ByteImage {
  const { shape, data } = golden.tensor('in/image');
  return { ...sizeOf(shape), data: Uint8Array.from(data) };
}

/** The input of a case in 0..1. */
const float = (golden: GoldenCase): FloatImage =>
  golden.tensor('in/image').dtype === 'U8' ? toFloat(bytes(golden)) : raw(golden);

function expectImage(
  golden: GoldenCase,
  name: string,
  { data, height, width, channels }: FloatImage | ByteImage,
): void {
  golden.expectClose(name, data, [height, width, channels]);
}

/** The outputs of a case; each of them must be compared. */
const outputs = (golden: GoldenCase) => Object.keys(golden.tensors).filter((name) => name.startsWith('out/'));

describe('resize', () => {
  test.each(goldenCases('transforms/resize'))('$name', (golden) => {
    const { size, ...box } = golden.args as {
      top: number;
      left: number;
      height: number;
      width: number;
      size: [number, number];
    };
    const [height, width] = size;
    for (const name of outputs(golden)) {
      const [kind, antialias] = (name.split('/').at(-1) as string).split('_');
      const filter = { interpolation: kind as Interpolation, antialias: antialias === 'aa' };
      const got = name.startsWith('out/u8/')
        ? resizedCropBytes(bytes(golden), box, { height, width }, filter)
        : resizedCrop(float(golden), box, emptyImage(width, height, 3), filter);
      expectImage(golden, name, got);
    }
  });
});

test.each(goldenCases('transforms/flip'))('$name', (golden) => {
  const image = raw(golden);
  expectImage(golden, 'out/horizontal', horizontalFlip(image));
  expectImage(golden, 'out/vertical', verticalFlip(image));
  const both = horizontalFlip(image);
  expectImage(golden, 'out/both', verticalFlip(both, both));
});

test.each(goldenCases('transforms/center-crop'))('$name', (golden) => {
  const { size, top, left } = golden.args as { size: [number, number]; top: number; left: number };
  const [height, width] = size;
  expect(centerBox(raw(golden), { height, width })).toEqual({ top, left, height, width });
  expectImage(golden, 'out/image', centerCrop(raw(golden), { height, width }));
});

/** Cases with a list of factors and an output for each. */
const byFactor = (golden: GoldenCase, list: string, operation: (image: FloatImage, factor: number) => FloatImage) => {
  const factors = golden.args[list] as number[];
  expect(outputs(golden)).toHaveLength(factors.length);
  for (const [i, factor] of factors.entries()) expectImage(golden, `out/${i}`, operation(float(golden), factor));
};

test.each(goldenCases('transforms/brightness'))('$name', (golden) => byFactor(golden, 'factors', brightness));
test.each(goldenCases('transforms/contrast'))('$name', (golden) => byFactor(golden, 'factors', contrast));
test.each(goldenCases('transforms/saturation'))('$name', (golden) => byFactor(golden, 'factors', saturation));
test.each(goldenCases('transforms/hue'))('$name', (golden) => byFactor(golden, 'factors', hue));
test.each(goldenCases('transforms/solarize'))('$name', (golden) => byFactor(golden, 'thresholds', solarize));

test.each(goldenCases('transforms/grayscale'))('$name', (golden) =>
  expectImage(golden, 'out/image', grayscale(float(golden))),
);

test.each(goldenCases('transforms/normalize'))('$name', (golden) => {
  const { mean, std } = golden.args as { mean: number[]; std: number[] };
  expectImage(golden, 'out/image', normalize(float(golden), mean, std));
});

test.each(goldenCases('transforms/posterize'))('$name', (golden) => {
  const bits = golden.args['bits'] as number[];
  for (const name of outputs(golden)) {
    const count = bits[Number(name.split('/').at(-1))] as number;
    expectImage(
      golden,
      name,
      name.startsWith('out/u8/') ? posterizeBytes(bytes(golden), count) : posterize(float(golden), count),
    );
  }
});

test.each(goldenCases('transforms/gaussian-blur'))('$name', (golden) => {
  const { kernel_size: kernel, sigma } = golden.args as { kernel_size: [number, number]; sigma: [number, number] };
  expectImage(golden, 'out/image', gaussianBlur(float(golden), { kernel, sigma }));
});

test.each(goldenCases('transforms/color-jitter'))('$name', (golden) => {
  const { factors, orders } = golden.args as { factors: Record<Adjustment, number>; orders: Adjustment[][] };
  for (const [i, order] of orders.entries())
    expectImage(golden, `out/${i}`, colorJitter(float(golden), factors, order));
});

interface Step {
  op: string;
  top: number;
  left: number;
  height: number;
  width: number;
  size: number[];
  interpolation: Interpolation;
  antialias: boolean;
  factor: number;
  threshold: number;
  kernel_size: [number, number];
  sigma: [number, number];
  mean: number[];
  std: number[];
}

const steps: Record<string, (image: FloatImage, step: Step) => FloatImage> = {
  resized_crop: (image, step) =>
    resizedCrop(image, step, emptyImage(step.size[1] as number, step.size[0] as number, 3), step),
  resize: (image, step) => resize(image, shorterSide(image, step.size[0] as number), step),
  center_crop: (image, { size }) => centerCrop(image, { height: size[0] as number, width: size[1] as number }),
  clamp: (image) => clamp(image),
  hflip: (image) => horizontalFlip(image),
  brightness: (image, { factor }) => brightness(image, factor),
  contrast: (image, { factor }) => contrast(image, factor),
  saturation: (image, { factor }) => saturation(image, factor),
  hue: (image, { factor }) => hue(image, factor),
  grayscale: (image) => grayscale(image),
  gaussian_blur: (image, { kernel_size: kernel, sigma }) => gaussianBlur(image, { kernel, sigma }),
  solarize: (image, { threshold }) => solarize(image, threshold),
  normalize: (image, { mean, std }) => normalize(image, mean, std),
};

test.each(goldenCases('transforms/pipeline'))('$name', (golden) => {
  const compared = new Set<string>();
  const compare = (name: string, image: FloatImage) => {
    compared.add(name);
    expectImage(golden, name, image);
  };
  for (const [view, list] of Object.entries(golden.args as Record<string, Step[]>)) {
    let image = float(golden);
    for (const [i, step] of list.entries()) {
      const operation = steps[step.op];
      if (!operation) throw new Error(`${golden.name}: no step is called ${step.op}`);
      image = operation(image, step);
      if (`out/${view}/step${i}` in golden.tensors) compare(`out/${view}/step${i}`, image);
    }
    compare(`out/${view}/final`, image);
  }
  expect([...compared].sort()).toEqual(outputs(golden).sort());
});
