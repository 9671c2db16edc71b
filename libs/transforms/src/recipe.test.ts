import { describe, expect, test } from 'vitest';

import { hashJson, viewRecipeSchema, viewSizes } from '#lib/contracts';
import { Draws } from '#lib/sampling';

import { type ByteImage, makeView, makeViews } from './index.ts';

function picture(height: number, width: number): ByteImage {
  const draws = new Draws({ seed: 9, purpose: 'picture' });
  const data = Uint8Array.from({ length: height * width * 3 }, () => draws.int(256));
  return { width, height, channels: 3, data };
}

const operations = {
  all: [
    { op: 'resize', size: 24, interpolation: 'bicubic' },
    { op: 'crop-with-padding', size: 22, padding: 2, mode: 'reflect' },
    { op: 'random-resized-crop', size: 20, interpolation: 'bicubic' },
    { op: 'horizontal-flip' },
    { op: 'vertical-flip' },
    { op: 'color-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
    { op: 'grayscale' },
    { op: 'gaussian-blur' },
    { op: 'solarize' },
    { op: 'center-crop', size: 18 },
  ],
  flip: [{ op: 'horizontal-flip' }, { op: 'center-crop', size: 12 }],
};
const recipe = viewRecipeSchema.parse({
  version: 1,
  views: [
    { count: 2, operations: operations.all },
    { count: 3, operations: operations.flip },
  ],
});
const drawsOf = (view: number) => new Draws({ seed: 4, purpose: 'views', epoch: 1, sample: 2, view });
const operationsOf = (view: number) => (recipe.views[view < 2 ? 0 : 1] as (typeof recipe.views)[number]).operations;

describe('views', () => {
  test('are as many and as large as the recipe says', () => {
    const views = makeViews(picture(40, 30), recipe, drawsOf);
    expect(viewSizes(recipe)).toEqual([18, 18, 12, 12, 12]);
    expect(views.map(({ width, height, channels }) => [width, height, channels])).toEqual(
      viewSizes(recipe).map((size) => [size, size, 3]),
    );
  });

  test('are the same alone, together, again and between others, and leave the image alone', () => {
    const image = picture(40, 30);
    const views = makeViews(image, recipe, drawsOf);
    expect(image).toEqual(picture(40, 30));
    makeViews(picture(50, 60), recipe, drawsOf);
    for (const [view, want] of [...views.entries()].reverse())
      expect(makeView(image, operationsOf(view), drawsOf(view))).toEqual(want);
  });

  test('never change: if these pixels do, transformsRevision must', () => {
    const hashes = makeViews(picture(40, 30), recipe, drawsOf).map(({ data }) => hashJson([...data]).slice(0, 8));
    expect(hashes).toEqual(['0e880095', 'aabfe40b', '1ed8fc2e', '44dab084', '44dab084']);
  });

  test('of an image without three channels are refused', () => {
    const gray = { width: 4, height: 4, channels: 1, data: new Uint8Array(16) };
    expect(() => makeViews(gray, recipe, drawsOf)).toThrow('view: the image has 1 channels, expected 3 (RGB)');
  });
});

test('a probability of 1 always applies an operation, 0 never, and a half in half of the views', () => {
  const image = picture(4, 4);
  const inverted = image.data.map((value) => 255 - value);
  const share = (p: number) => {
    const { views } = viewRecipeSchema.parse({
      version: 1,
      views: [
        {
          count: 1,
          operations: [
            { op: 'solarize', p, threshold: 0 },
            { op: 'center-crop', size: 4 },
          ],
        },
      ],
    });
    let applied = 0;
    for (let sample = 0; sample < 1000; sample++) {
      const { data } = makeView(
        image,
        (views[0] as (typeof views)[number]).operations,
        new Draws({ seed: 1, purpose: 'p', sample }),
      );
      expect([inverted, image.data]).toContainEqual(data);
      if (data[0] === inverted[0]) applied++;
    }
    return applied / 1000;
  };
  expect(share(0)).toBe(0);
  expect(share(1)).toBe(1);
  expect(Math.abs(share(0.5) - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 1000));
});

describe('recipes', () => {
  const parse = (list: object[]) => viewRecipeSchema.safeParse({ version: 1, views: [{ count: 1, operations: list }] });
  const crop = { op: 'center-crop', size: 8 };

  test.each([
    ['an unknown key', [{ op: 'horizontal-flip', probability: 0.5 }, crop], 'probability'],
    ['an unknown operation', [{ op: 'cutout' }, crop], 'op'],
    ['no operation that makes a square', [{ op: 'horizontal-flip' }], 'its size is not known otherwise'],
    ['a resize without a crop after it', [crop, { op: 'resize', size: 8 }], 'its size is not known otherwise'],
    ['an even kernel', [crop, { op: 'gaussian-blur', kernel: 4 }], 'odd'],
    ['a range from large to small', [{ op: 'random-resized-crop', size: 8, scale: [1, 0.5] }], 'at most the second'],
    ['a probability above 1', [{ op: 'grayscale', p: 2 }, crop], '<=1'],
  ])('with %s are refused', (_name, list, message) => {
    const { success, error } = parse(list);
    expect(success).toBe(false);
    expect(error?.message).toContain(message);
  });

  test('are written out with every default, so that equal recipes have equal hashes', () => {
    expect(parse([{ op: 'random-resized-crop', size: 8 }]).data?.views[0]?.operations).toEqual([
      {
        op: 'random-resized-crop',
        size: 8,
        scale: [0.08, 1],
        ratio: [3 / 4, 4 / 3],
        interpolation: 'bilinear',
        antialias: true,
      },
    ]);
  });
});
