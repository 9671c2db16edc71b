import { describe, expect, test } from 'vitest';

import { Draws } from '#lib/sampling';

import {
  automaticKernel,
  brightness,
  centerCrop,
  colorJitter,
  contrast,
  crop,
  cropWithPadding,
  drawCropBox,
  drawCropPlace,
  emptyImage,
  type FloatImage,
  gaussianBlur,
  grayscale,
  horizontalFlip,
  hue,
  normalize,
  posterize,
  resizedCrop,
  saturation,
  solarize,
  verticalFlip,
} from './index.ts';

function picture(height: number, width: number, seed = 1): FloatImage {
  const draws = new Draws({ seed, purpose: 'picture' });
  const image = emptyImage(width, height, 3);
  for (let i = 0; i < image.data.length; i++) image.data[i] = draws.float();
  return image;
}

const gray = (height: number, width: number): FloatImage => ({
  width,
  height,
  channels: 1,
  data: new Float32Array(height * width),
});

const sameSize: Record<string, (image: FloatImage, target?: FloatImage) => FloatImage> = {
  brightness: (image, target) => brightness(image, 1.3, target),
  contrast: (image, target) => contrast(image, 0.6, target),
  saturation: (image, target) => saturation(image, 1.7, target),
  hue: (image, target) => hue(image, -0.2, target),
  colorJitter: (image, target) =>
    colorJitter(
      image,
      { brightness: 1.2, contrast: undefined, saturation: 0.5, hue: 0.1 },
      ['hue', 'contrast', 'saturation', 'brightness'],
      target,
    ),
  'colorJitter of nothing': (image, target) =>
    colorJitter(
      image,
      { brightness: undefined, contrast: undefined, saturation: undefined, hue: undefined },
      ['hue'],
      target,
    ),
  grayscale,
  solarize: (image, target) => solarize(image, 0.5, target),
  posterize: (image, target) => posterize(image, 3, target),
  horizontalFlip,
  verticalFlip,
  gaussianBlur: (image, target) => gaussianBlur(image, { kernel: [5, 3], sigma: [1, 0.5] }, target),
  normalize: (image, target) => normalize(image, [0.5, 0.5, 0.5], [0.2, 0.3, 0.4], target),
};

test.each(Object.entries(sameSize))(
  '%s gives in place what it gives apart, and leaves its input alone',
  (_name, operation) => {
    const image = picture(7, 5);
    const apart = operation(image);
    expect(image).toEqual(picture(7, 5));
    expect(apart.data).not.toBe(image.data);
    expect(operation(image, image)).toBe(image);
    expect(image).toEqual(apart);
  },
);

describe('crop with padding', () => {
  test('gives the pixels of the image padded with zeros', () => {
    const image = picture(4, 4);
    const got = cropWithPadding(image, { top: 0, left: 3, size: 4 }, { padding: 2, mode: 'zero' });
    const want = emptyImage(4, 4, 3);
    // Rows 0 and 1 and column 3 of the crop lie in the padding: columns 1 to 3 of the image move to 0 to 2.
    for (let y = 2; y < 4; y++)
      for (let x = 0; x < 3; x++)
        for (let c = 0; c < 3; c++)
          want.data[(y * 4 + x) * 3 + c] = image.data[((y - 2) * 4 + x + 1) * 3 + c] as number;
    expect(got).toEqual(want);
  });

  test('mirrors without repeating the edge', () => {
    const image: FloatImage = {
      width: 3,
      height: 3,
      channels: 1,
      data: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]),
    };
    const got = cropWithPadding(image, { top: 0, left: 0, size: 7 }, { padding: 2, mode: 'reflect' });
    expect([...got.data.subarray(0, 7)]).toEqual([9, 8, 7, 8, 9, 8, 7]);
    expect([...got.data.subarray(14, 21)]).toEqual([3, 2, 1, 2, 3, 2, 1]);
  });

  test('draws every place of the padded image, and no other', () => {
    const seen = new Set<string>();
    for (let sample = 0; sample < 400; sample++) {
      const { top, left } = drawCropPlace(
        { height: 4, width: 5 },
        4,
        { padding: 1, mode: 'zero' },
        new Draws({ seed: 1, purpose: 'x', sample }),
      );
      seen.add(`${top},${left}`);
    }
    expect([...seen].sort()).toEqual([0, 1, 2].flatMap((top) => [0, 1, 2, 3].map((left) => `${top},${left}`)));
  });

  test('refuses a crop larger than the padded image and padding that can not be mirrored', () => {
    const image = picture(4, 8);
    expect(() => cropWithPadding(image, { top: 0, left: 0, size: 7 }, { padding: 1, mode: 'zero' })).toThrow(
      'crop with padding: 7 × 7 from an image of 4 × 8 with 1 pixels around it',
    );
    expect(() => cropWithPadding(image, { top: 0, left: 0, size: 4 }, { padding: 4, mode: 'reflect' })).toThrow(
      "4 pixels can't be mirrored",
    );
  });
});

test('every drawn crop box lies within the image, however long and thin it is', () => {
  for (const [height, width] of [
    [1, 1],
    [1, 100],
    [100, 1],
    [3, 7],
    [375, 500],
  ] as const)
    for (let sample = 0; sample < 50; sample++) {
      const draws = new Draws({ seed: 2, purpose: 'boxes', sample });
      const box = drawCropBox({ height, width }, [0.08, 1], [3 / 4, 4 / 3], draws);
      expect(() => crop(picture(height, width), box)).not.toThrow();
    }
});

test('one channel is resized as each of three is', () => {
  const image = picture(9, 11);
  const box = { top: 1, left: 2, height: 7, width: 8 };
  const three = resizedCrop(image, box, emptyImage(5, 4, 3), { interpolation: 'bicubic', antialias: true });
  const green = { ...gray(9, 11), data: image.data.filter((_, i) => i % 3 === 1) };
  const one = resizedCrop(green, box, emptyImage(5, 4, 1), { interpolation: 'bicubic', antialias: true });
  expect(one.data).toEqual(three.data.filter((_, i) => i % 3 === 1));
});

test('the automatic kernel is odd, near a tenth of the side and at least 3', () => {
  expect([8, 28, 32, 40, 96, 224].map(automaticKernel)).toEqual([3, 3, 3, 5, 9, 23]);
});

test.each([
  [
    () =>
      resizedCrop(picture(4, 4), { top: 1, left: 0, height: 4, width: 4 }, emptyImage(2, 2, 3), {
        interpolation: 'bilinear',
        antialias: true,
      }),
    'box 4 × 4 at (1, 0) is not within the image of 4 × 4',
  ],
  [() => centerCrop(picture(4, 8), { height: 6, width: 6 }), 'center crop: 6 × 6 from an image of 4 × 8'],
  [() => gaussianBlur(picture(4, 4), { kernel: [4, 3], sigma: [1, 1] }), 'kernel 4, expected an odd whole number'],
  [
    () => gaussianBlur(picture(4, 4), { kernel: [9, 3], sigma: [1, 1] }),
    'a kernel of 9 × 3 (width × height) on an image of 4 × 4',
  ],
  [() => gaussianBlur(picture(4, 4), { kernel: [3, 3], sigma: [0, 1] }), 'sigma 0, expected a positive number'],
  [() => hue(gray(2, 2), 0.1), 'hue: the image has 1 channels, expected 3 (RGB)'],
  [() => normalize(picture(2, 2), [0.5], [0.5]), 'for an image of 3 channels'],
  [() => posterize(picture(2, 2), 9), 'posterize: 9 bits'],
])('refuses what it can not do, by value (%#)', (call, message) => {
  expect(call).toThrow(message);
});
