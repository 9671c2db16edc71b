import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Draws } from '#lib/sampling';

import { Canvas } from './canvas.ts';
import {
  type Adjustment,
  adjustments,
  type Box,
  type ByteImage,
  centerCrop,
  clamp,
  colorJitter,
  emptyImage,
  type FloatImage,
  gaussianBlur,
  grayscale,
  horizontalFlip,
  type JitterFactors,
  resizedCrop,
  solarize,
  toBytes,
  toFloat,
} from './index.ts';
import { levels } from './native.ts';
import { type Filter } from './resampling.ts';

/** Bytes with many ties: black, white, greys, two equal channels. */
function picture({ height, width, seed }: { height: number; width: number; seed: number }): ByteImage {
  const draws = new Draws({ seed, purpose: 'picture' });
  const levels = [0, 255, 128, 1, 254];
  const byte = () => (draws.float() < 0.4 ? (levels[draws.int(levels.length)] as number) : draws.int(256));
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < data.length; i += 3) {
    const grey = byte();
    const isGrey = draws.float() < 0.1;
    for (let c = 0; c < 3; c++) data[i + c] = isGrey ? grey : byte();
  }
  return { width, height, channels: 3, data };
}

/** The float32 of a canvas, [height, width, 3]; zeros without sign. */
function floats(canvas: Canvas): FloatImage {
  const { height, width } = canvas;
  const image = emptyImage(width, height, 3);
  let c = 0;
  canvas.byPlane({ height, width }, (plane, target) => {
    for (const [i, value] of plane.data.entries()) image.data[3 * i + c] = value + 0;
    target.data.set(plane.data);
    c++;
  });
  return image;
}

const unsignedZeros = (image: FloatImage): FloatImage => ({ ...image, data: image.data.map((value) => value + 0) });

/** Each with the vector instructions that this processor has of its level. */
const canvases = levels.map((level) => new Canvas(level));
const canvas = canvases[0] as Canvas;

/** All must agree at every level, from bytes, and from planes: after a clamp, which changes nothing here. */
function expectSame(
  image: ByteImage,
  change: (canvas: Canvas) => void,
  plain: (image: FloatImage) => FloatImage,
): void {
  const wanted = unsignedZeros(plain(toFloat(image)));
  for (const own of canvases)
    for (const prepare of [() => undefined, () => own.clamp()]) {
      own.load(image);
      prepare();
      change(own);
      expect(floats(own)).toEqual(wanted);
      expect(own.toBytes()).toEqual(toBytes(wanted));
    }
}

const side = fc.integer({ min: 1, max: 45 });
const image = fc.record({ height: side, width: side, seed: fc.nat(1000) }).map(picture);
const factor = fc.double({ min: 0, max: 2, noNaN: true });
const filter: fc.Arbitrary<Filter> = fc.record({
  interpolation: fc.constantFrom('bilinear', 'bicubic'),
  antialias: fc.boolean(),
});
const part = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

/** A box within an image, from numbers in 0..1. */
function boxIn({ height, width }: ByteImage, [top, left, tall, wide]: readonly [number, number, number, number]): Box {
  const [first, column] = [Math.floor(top * height), Math.floor(left * width)];
  const rows = 1 + Math.floor(tall * (height - first));
  const columns = 1 + Math.floor(wide * (width - column));
  return {
    top: first,
    left: column,
    height: Math.min(rows, height - first),
    width: Math.min(columns, width - column),
  };
}

describe('bit for bit, the canvas gives what the plain function gives, for images of any size:', () => {
  test('resizedCrop', () => {
    const parts = fc.tuple(part, part, part, part);
    fc.assert(
      fc.property(image, parts, side, side, filter, (bytes, place, height, width, options) => {
        const box = boxIn(bytes, place);
        expectSame(
          bytes,
          (own) => own.resizedCrop(box, { height, width }, options),
          (float) => resizedCrop(float, box, emptyImage(width, height, 3), options),
        );
      }),
    );
  });

  test('colorJitter, in every order and with any of its parts left out', () => {
    const order = fc.shuffledSubarray<Adjustment>([...adjustments], { minLength: 4 });
    const strengths: fc.Arbitrary<JitterFactors> = fc.record({
      brightness: fc.option(factor, { nil: undefined }),
      contrast: fc.option(factor, { nil: undefined }),
      saturation: fc.option(factor, { nil: undefined }),
      hue: fc.option(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { nil: undefined }),
    });
    fc.assert(
      fc.property(image, strengths, order, (bytes, factors, names) =>
        expectSame(
          bytes,
          (own) => own.colorJitter(factors, names),
          (float) => colorJitter(float, factors, names),
        ),
      ),
    );
  });

  test('colorJitter, of every pair of channels and shifts by whole sixths of a turn', () => {
    const data = Uint8Array.from(
      { length: 256 * 3 },
      (_, i) => [0, 85, 170, 255][(i / 3 / 4 ** (i % 3)) & 3] as number,
    );
    const all = { width: 16, height: 16, channels: 3, data };
    for (let sixth = -3; sixth <= 3; sixth++) {
      const factors = { brightness: undefined, contrast: undefined, saturation: undefined, hue: sixth / 6 };
      expectSame(
        all,
        (own) => own.colorJitter(factors, ['hue']),
        (float) => colorJitter(float, factors, ['hue']),
      );
    }
  });

  test('gaussianBlur', () => {
    const radius = fc.integer({ min: 0, max: 12 });
    const sigma = fc.double({ min: 0.05, max: 3, noNaN: true });
    fc.assert(
      fc.property(image, radius, radius, sigma, sigma, (bytes, across, down, sigmaAcross, sigmaDown) => {
        const length = (reach: number, most: number) => 2 * Math.min(reach, most - 1) + 1;
        const kernel = [length(across, bytes.width), length(down, bytes.height)] as const;
        const blur = { kernel, sigma: [sigmaAcross, sigmaDown] as const };
        expectSame(
          bytes,
          (own) => own.gaussianBlur(blur),
          (float) => gaussianBlur(float, blur),
        );
      }),
    );
  });

  test.each<[string, (own: Canvas) => void, (float: FloatImage) => FloatImage]>([
    ['horizontalFlip', (own) => own.horizontalFlip(), horizontalFlip],
    ['grayscale', (own) => own.grayscale(), grayscale],
    ['solarize', (own) => own.solarize(0.5), (float) => solarize(float, 0.5)],
    ['clamp', (own) => own.clamp(), clamp],
  ])('%s', (_name, change, plain) => {
    fc.assert(fc.property(image, (bytes) => expectSame(bytes, change, (float) => plain(float))));
  });

  test('functions of planes, which change the size', () => {
    fc.assert(
      fc.property(image, (bytes) => {
        const size = { height: Math.ceil(bytes.height / 2), width: Math.ceil(bytes.width / 2) };
        expectSame(
          bytes,
          (own) => own.byPlane(size, (plane, target) => centerCrop(plane, size, target)),
          (float) => centerCrop(float, size),
        );
      }),
    );
  });
});

test('restart gives the image that was loaded, and operations leave no trace in it', () => {
  const bytes = picture({ height: 9, width: 7, seed: 1 });
  canvas.load(bytes);
  for (let i = 0; i < 3; i++) {
    canvas.restart();
    expect(canvas.toBytes()).toEqual(bytes);
    canvas.horizontalFlip();
    canvas.gaussianBlur({ kernel: [3, 3], sigma: [1, 1] });
  }
});

test('refuses a box outside of the image, a kernel too long and a target of another size', () => {
  canvas.load(picture({ height: 4, width: 4, seed: 1 }));
  const filterUsed = { interpolation: 'bilinear', antialias: true } as const;
  expect(() =>
    canvas.resizedCrop({ top: 1, left: 0, height: 4, width: 4 }, { height: 2, width: 2 }, filterUsed),
  ).toThrow('box 4 × 4 at (1, 0) is not within the image of 4 × 4');
  expect(() => canvas.gaussianBlur({ kernel: [9, 3], sigma: [1, 1] })).toThrow('a kernel of 9 × 3 (width × height)');
  expect(() => canvas.toBytes(new Uint8Array(47))).toThrow('image: 47 values, expected 4 × 4 × 3 = 48');
});
