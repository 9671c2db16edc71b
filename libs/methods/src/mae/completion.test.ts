import {
  add,
  div,
  memory,
  mul,
  reshape,
  sub,
  type Tensor,
  tensor,
  tensor1d,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { initialise, patchify, scopeOf } from '#lib/nn';

import { denormalisePatches, drawMasks, mae, maeLoss, normalisePatches } from '../index.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const pixels = { mean: [0.5, 0.4, 0.3], std: [0.25, 0.2, 0.3] };
const [size, patchSize, N, patches, keep] = [8, 2, 3, 16, 4];
const build = (options: object = {}) =>
  mae.build({
    backbone: { name: 'vit-report', options: { patchSize, depth: 1 } },
    image: { height: size, width: size, channels: 3 },
    pixels,
    options: mae.options.parse({ decoderWidth: 16, decoderDepth: 1, decoderHeads: 2, ...options }),
  });
const drawn = { seed: 7, epoch: 0, samples: [5, 9, 70] };

/** What the method completes of some images of 0..1, and what it loses on them. */
function completed(options: object = {}, image = (at: number) => 0.5 + 0.5 * Math.sin(at)) {
  const instance = build(options);
  const values = initialise(instance.parameters, 1);
  return tidy(() => {
    const state = Object.fromEntries(
      instance.parameters.map(({ name, shape }) => [name, tensor(values[name] as Float32Array, shape)]),
    );
    const inputs = Object.fromEntries(
      Object.entries(instance.drawInputs(drawn)).map(([name, data]) => [
        name,
        tensor(data, [N, data.length / N], 'int32'),
      ]),
    );
    const raw = tensor(
      Float32Array.from({ length: N * size * size * 3 }, (_, at) => image(at)),
      [N, size, size, 3],
    );
    const images = normalised(raw as Tensor4D);
    const scope = scopeOf(state, false);
    const { original, predicted, mask, loss } = instance.completion!.complete(scope, images, inputs);
    return {
      raw: (raw as Tensor4D).arraySync(),
      original: original.arraySync(),
      predicted: predicted.arraySync(),
      mask: mask.arraySync(),
      loss: loss.arraySync(),
      trained: instance.loss(scope, [images], inputs).loss.arraySync(),
    };
  });
}

const normalised = (x: Tensor4D): Tensor4D => div(sub(x, tensor1d(pixels.mean)), tensor1d(pixels.std));

test.each([{}, { normPix: false }, { normPix: false, head: 'sigmoid' }])(
  'with %o the images come back, and the loss is that of training: the removed patches of the picture are those of the loss',
  (options) => {
    const { raw, original, mask, loss, trained } = completed(options);
    expect(original.flat(3)).toEqual(raw.flat(3).map((value) => expect.closeTo(value, 5) as number));
    expect(loss).toBe(trained);
    const { restore } = drawMasks({ ...drawn, patches, keep });
    expect(mask.flat()).toEqual(Array.from(restore, (place) => Number(place >= keep)));
  },
);

test.each([{}, { normPix: false }])(
  'with %o the loss is what the shown prediction differs by at removed patches',
  (options) => {
    const { original, predicted, mask, loss } = completed(options);
    tidy(() => {
      const cut = (image: number[][][][]) => patchify(normalised(tensor(image) as Tensor4D), patchSize);
      const target = cut(original);
      const shown = cut(predicted);
      const isNormalised = !('normPix' in options);
      const prediction = isNormalised ? renormalised(shown, target) : shown;
      const wanted = isNormalised ? normalisePatches(target) : target;
      expect(maeLoss(prediction, wanted, tensor(mask)).arraySync()).toBeCloseTo(loss, 3);
    });
  },
);

/** The inverse of `denormalisePatches`, by the moments of the true patches. */
function renormalised(shown: Tensor, target: Tensor): Tensor {
  const zero = denormalisePatches(mul(target, 0), target); // the means
  const one = sub(denormalisePatches(add(mul(target, 0), 1), target), zero); // the deviations
  return div(sub(shown, zero), one);
}

test('what is removed of an image has no part in what is predicted for it, but for its mean and deviation', () => {
  const options = { normPix: false };
  const first = completed(options);
  const isRemoved = (n: number, y: number, x: number) =>
    first.mask[n]![Math.floor(y / patchSize) * (size / patchSize) + Math.floor(x / patchSize)] === 1;
  const other = completed(options, (at) => {
    const [n, y, x] = [Math.floor(at / 192), Math.floor((at % 192) / 24), Math.floor((at % 24) / 3)];
    return isRemoved(n, y, x) ? 0.1 : 0.5 + 0.5 * Math.sin(at);
  });
  expect(other.predicted).toEqual(first.predicted);
  expect(other.original).not.toEqual(first.original);
});

test('denormalising is the inverse of normalising', () => {
  tidy(() => {
    const values = Float32Array.from({ length: 2 * 3 * 12 }, (_, i) => Math.sin(1 + 12.9898 * i));
    const cut = reshape(tensor1d(values), [2, 3, 12]);
    const back = denormalisePatches(normalisePatches(cut), cut).dataSync();
    for (const [at, value] of back.entries()) expect(value).toBeCloseTo(values[at] as number, 5);
  });
});
