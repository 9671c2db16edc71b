import { createHash } from 'node:crypto';

import { expect, test } from 'vitest';

import { viewRecipeSchema } from '#lib/contracts';
import { Draws } from '#lib/sampling';

import { type ByteImage, makeViews } from './index.ts';

/** Slopes and noise, with plain black, white, grey and pure colours among them: every clamp and every sector of hue is met. */
function picture(height: number, width: number, seed: number): ByteImage {
  const draws = new Draws({ seed, purpose: 'picture' });
  const data = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const patch = ((x >> 3) + 5 * (y >> 3)) % 11;
      for (let c = 0; c < 3; c++) {
        const slope = [x, y, x + y][c] as number;
        const at = (y * width + x) * 3 + c;
        if (patch < 2) data[at] = 255 * patch;
        else if (patch === 2) data[at] = 128;
        else if (patch < 6) data[at] = c === patch - 3 ? 255 : 0;
        else if (patch < 8) data[at] = draws.int(256);
        else data[at] = (slope * 3 + draws.int(9)) & 255;
      }
    }
  return { width, height, channels: 3, data };
}

const jitter = { op: 'color-jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
const flip = { op: 'horizontal-flip' };
const crop = (size: number, more: object = {}) => ({ op: 'random-resized-crop', size, ...more });
const pipelines: Record<string, object[]> = {
  'simsiam 32': [crop(32, { scale: [0.2, 1] }), flip, jitter, { op: 'grayscale' }],
  'simsiam 224': [crop(224, { scale: [0.2, 1] }), flip, jitter, { op: 'grayscale' }, { op: 'gaussian-blur' }],
  'barlow-twins 32': [
    crop(32, { interpolation: 'bicubic' }),
    flip,
    { ...jitter, saturation: 0.2 },
    { op: 'grayscale' },
    { op: 'solarize' },
  ],
  'mae 96': [crop(96, { scale: [0.2, 1], interpolation: 'bicubic' }), flip],
  'strong 40': [
    crop(40, { antialias: false }),
    { op: 'vertical-flip' },
    { op: 'color-jitter', p: 1, brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.5 },
    { op: 'gaussian-blur', kernel: 5, p: 1 },
    { op: 'solarize', threshold: 0.3 },
    { op: 'grayscale' },
  ],
  'colour first 37': [
    { op: 'color-jitter', brightness: 0.4, contrast: 0, saturation: 0.4, hue: 0 },
    { op: 'crop-with-padding', size: 36, padding: 4, mode: 'reflect' },
    crop(37, { interpolation: 'bicubic', antialias: false }),
    { ...jitter, brightness: 0, saturation: 0 },
  ],
  'whole 64': [{ op: 'resize', size: 70 }, { op: 'center-crop', size: 64 }, { op: 'gaussian-blur', p: 1 }, jitter],
};
/** Of all views' bytes, from the plain functions of this library, one after another. */
const hashes: Record<string, string> = {
  'simsiam 32': '40cdb1607a1542e5',
  'simsiam 224': 'dde0b61ac0d02984',
  'barlow-twins 32': '0ab84100139fd39b',
  'mae 96': 'e7b936623568ec18',
  'strong 40': 'b5be447eba082da6',
  'colour first 37': 'd11647963d1891ba',
  'whole 64': '7af64c255c246edd',
};

test.each(Object.keys(pipelines))('%s never changes: if these pixels do, transformsRevision must', (name) => {
  const operations = pipelines[name] as object[];
  const recipe = viewRecipeSchema.parse({ version: 1, views: [{ count: 2, operations }] });
  const size = Number(name.split(' ').at(-1));
  const hash = createHash('sha256');
  for (let sample = 0; sample < (size < 200 ? 40 : 6); sample++) {
    const [height, width] = size < 200 ? [32 + (sample % 9), 36] : [375, 500];
    const drawsOf = (view: number) => new Draws({ seed: 7, purpose: 'view', epoch: 2, sample, view });
    for (const { data } of makeViews(picture(height, width, sample), recipe, drawsOf)) hash.update(data);
  }
  expect(hash.digest('hex').slice(0, 16)).toBe(hashes[name]);
});
