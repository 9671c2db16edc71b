import { FormatError, type ViewOperation, type ViewRecipe } from '#lib/contracts';
import { type Draws } from '#lib/sampling';

import { centerCrop } from './center-crop.ts';
import { colorJitter, drawJitter } from './color-jitter.ts';
import { cropWithPadding, drawCropPlace } from './crop-with-padding.ts';
import { horizontalFlip, verticalFlip } from './flip.ts';
import { automaticKernel, gaussianBlur } from './gaussian-blur.ts';
import { grayscale } from './grayscale.ts';
import { type ByteImage, clamp, type FloatImage, toBytes, toFloat } from './image.ts';
import { drawCropBox } from './random-resized-crop.ts';
import { type Box, resizedCrop, shorterSide, type Size } from './resize.ts';
import { solarize } from './solarize.ts';
import { Workspace } from './workspace.ts';

/**
 * Enters the hash of views: change it whenever the pixels that a recipe gives change, so that blocks made before and after
 * never meet in one run.
 */
export const transformsRevision = '1';

type Operation<Op extends ViewOperation['op']> = Extract<ViewOperation, { op: Op }>;

const workspace = new Workspace();

/**
 * One view of an image: the operations in order, float32 in 0..1 throughout, rounded once (half to even) at the end.
 * What it draws depends on `draws` alone, so a view is a pure function of image, operations and stream.
 * @param image RGB
 */
export function makeView(image: ByteImage, operations: readonly ViewOperation[], draws: Draws): ByteImage {
  return toBytes(applyAll(sourceOf(image), operations, draws));
}

/**
 * All views of an image, in the recipe's order.
 * @param drawsOf the stream of a view, by its number
 */
export function makeViews(image: ByteImage, recipe: ViewRecipe, drawsOf: (view: number) => Draws): ByteImage[] {
  const source = sourceOf(image);
  const made: ByteImage[] = [];
  for (const { count, operations } of recipe.views)
    for (let i = 0; i < count; i++) made.push(toBytes(applyAll(source, operations, drawsOf(made.length))));
  return made;
}

function sourceOf(image: ByteImage): FloatImage {
  if (image.channels !== 3) throw new FormatError(`view: the image has ${image.channels} channels, expected 3 (RGB)`);
  return toFloat(image, workspace.source(image.width, image.height, image.channels));
}

function applyAll(source: FloatImage, operations: readonly ViewOperation[], draws: Draws): FloatImage {
  let current = source;
  for (const operation of operations) current = apply(current, operation, draws);
  return current;
}

/** One operation with its draws. Those with a probability draw it first; when it fails they draw no more. */
function apply(image: FloatImage, operation: ViewOperation, draws: Draws): FloatImage {
  if ('p' in operation && draws.float() >= operation.p) return image;
  switch (operation.op) {
    case 'random-resized-crop': {
      const box = drawCropBox(image, operation.scale, operation.ratio, draws);
      return resample(image, box, { height: operation.size, width: operation.size }, operation);
    }
    case 'resize': {
      const box = { top: 0, left: 0, height: image.height, width: image.width };
      return resample(image, box, shorterSide(image, operation.size), operation);
    }
    case 'crop-with-padding':
      return padAndCrop(image, operation, draws);
    case 'center-crop': {
      const { size } = operation;
      return centerCrop(image, { height: size, width: size }, workspace.next(image, size, size, image.channels));
    }
    case 'horizontal-flip':
      return horizontalFlip(image, workspace.inPlace(image));
    case 'vertical-flip':
      return verticalFlip(image, workspace.inPlace(image));
    case 'color-jitter': {
      const { factors, order } = drawJitter(operation, draws);
      return colorJitter(image, factors, order, workspace.inPlace(image));
    }
    case 'grayscale':
      return grayscale(image, workspace.inPlace(image));
    case 'gaussian-blur':
      return blur(image, operation, draws);
    case 'solarize':
      return solarize(image, operation.threshold, workspace.inPlace(image));
  }
}

function resample(
  image: FloatImage,
  box: Box,
  { height, width }: Size,
  filter: Operation<'resize'> | Operation<'random-resized-crop'>,
): FloatImage {
  const resized = resizedCrop(image, box, workspace.next(image, width, height, image.channels), filter);
  return filter.interpolation === 'bicubic' ? clamp(resized, resized) : resized;
}

function padAndCrop(image: FloatImage, operation: Operation<'crop-with-padding'>, draws: Draws): FloatImage {
  const { size } = operation;
  const place = drawCropPlace(image, size, operation, draws);
  return cropWithPadding(image, { ...place, size }, operation, workspace.next(image, size, size, image.channels));
}

function blur(image: FloatImage, { kernel, sigma }: Operation<'gaussian-blur'>, draws: Draws): FloatImage {
  const length = kernel === 'auto' ? automaticKernel(Math.min(image.width, image.height)) : kernel;
  const drawn = draws.uniform(sigma[0], sigma[1]);
  return gaussianBlur(image, { kernel: [length, length], sigma: [drawn, drawn] }, workspace.inPlace(image));
}
