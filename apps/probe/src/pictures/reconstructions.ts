import { type ReconstructionsPicture, reconstructionsPictureSchema, type RunSpec, UsageError } from '#lib/contracts';
import { buildStep } from '#lib/engine';
import type { Completion } from '#lib/methods';
import { completionStep } from '#lib/training';

import type { EncoderWeights } from '../measure/encoder.ts';
import { chooseSamples } from './choose-samples.ts';
import { drawSheet } from './sheet.ts';
import type { Picture, PicturesTask } from './task.ts';

const imagesShown = 8;
/** What is seen of a removed patch. */
const grey = 128;

/** A method's own words on some images: outputs of `completionStep`, row by row. */
interface Completions {
  original: Float32Array;
  predicted: Float32Array;
  mask: Float32Array;
  loss: number;
}

/**
 * Images that a masking method was not trained on: whole, masked, with the removed patches predicted, and predicted altogether. Images
 * and masks depend on dataset and seed alone, so that all checkpoints of a run complete the same ones.
 */
export async function reconstructionsPicture(
  { job, spec, split, samples }: PicturesTask & { split: 'eval' | 'tune' },
  model: EncoderWeights,
  completion: Completion,
): Promise<Picture> {
  const chosen = await chooseSamples(samples(split, null), imagesShown);
  const images = await Promise.all(chosen.map((sample) => sample.square(spec.image.size)));
  const numbers = chosen.map(({ number }) => number);
  const done = complete(spec, model, completion, images, numbers);
  const { side, patchSize, isNormalised } = completion;
  const drawn = images.map((_, row) => squaresOf(done, row, completion));
  const { sheet, bytes } = await drawSheet('reconstructions.png', { side, rows: drawn.map(({ squares }) => squares) });
  const content: ReconstructionsPicture = {
    format: 'unlabel.reconstructions-picture',
    version: 1,
    step: job.step,
    split,
    sheet,
    rows: chosen.map(({ number, label }, row) => ({
      sample: number,
      class: label,
      removed: drawn[row]?.removed ?? [],
    })),
    patchSize,
    isNormalised,
    loss: done.loss,
  };
  const files = [{ file: sheet.file, bytes }];
  return { picture: 'reconstructions', content: reconstructionsPictureSchema.parse(content), files };
}

function complete(
  spec: RunSpec,
  { instance, parameters, values }: EncoderWeights,
  completion: Completion,
  images: Uint8Array[],
  samples: number[],
): Completions {
  const { size, mean, std } = spec.image;
  const { fn, inputs } = completionStep(instance, completion, { batch: images.length, size, mean, std });
  const state = Object.fromEntries(
    parameters.map(({ name, shape }) => [name, { shape, values: values[name] as Float32Array }]),
  );
  const step = buildStep(fn, { engine: spec.engine, state, inputs });
  try {
    const all = new Uint8Array(images.length * size * size * 3);
    for (const [row, image] of images.entries()) all.set(image, row * image.length);
    const drawn = instance.drawInputs({ seed: spec.seed, epoch: 0, samples });
    const { original, predicted, mask, loss } = step.run({ images: all, ...drawn }) as Record<string, Float32Array>;
    if (!original || !predicted || !mask || loss?.[0] === undefined) throw new TypeError('the step has other outputs');
    if (!Number.isFinite(loss[0])) throw new UsageError(`what is predicted is not finite: the loss is ${loss[0]}`);
    return { original, predicted, mask, loss: loss[0] };
  } finally {
    step.dispose();
  }
}

/** The four squares of a row, and the patches that are removed in it. */
function squaresOf({ original, predicted, mask }: Completions, row: number, { side, patchSize }: Completion) {
  const values = side * side * 3;
  const columns = side / patchSize;
  const patches = columns * columns;
  const removed = Array.from({ length: patches }, (_, patch) => patch).filter(
    (patch) => mask[row * patches + patch] === 1,
  );
  const isRemoved = new Set(removed);
  const squares = Array.from({ length: 4 }, () => new Uint8Array(values));
  const [whole, masked, pasted, all] = squares as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  for (let at = 0; at < values; at++) {
    const pixel = Math.floor(at / 3);
    const patch = Math.floor(pixel / side / patchSize) * columns + Math.floor((pixel % side) / patchSize);
    const [was, is] = [byteOf(original[row * values + at] as number), byteOf(predicted[row * values + at] as number)];
    whole[at] = was;
    all[at] = is;
    masked[at] = isRemoved.has(patch) ? grey : was;
    pasted[at] = isRemoved.has(patch) ? is : was;
  }
  return { squares, removed };
}

const byteOf = (value: number): number => Math.min(255, Math.max(0, Math.round(value * 255)));
