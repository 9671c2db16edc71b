import { FormatError, type ViewOperation, type ViewRecipe } from '#lib/contracts';
import { type Draws } from '#lib/sampling';

import { Canvas } from './canvas.ts';
import { centerCrop } from './center-crop.ts';
import { drawJitter } from './color-jitter.ts';
import { cropWithPadding, drawCropPlace } from './crop-with-padding.ts';
import { verticalFlip } from './flip.ts';
import { automaticKernel } from './gaussian-blur.ts';
import { type ByteImage } from './image.ts';
import { drawCropBox } from './random-resized-crop.ts';
import { type Box, shorterSide, type Size } from './resize.ts';

/**
 * Enters the hash of views: change it whenever the pixels that a recipe gives change, so that blocks made before and after
 * never meet in one run.
 */
export const transformsRevision = '2';

type Operation<Op extends ViewOperation['op']> = Extract<ViewOperation, { op: Op }>;

const canvas = new Canvas();

/**
 * One view of an image: the operations in order, float32 in 0..1 throughout, rounded once (half to even) at the end.
 * What it draws depends on `draws` alone, so a view is a pure function of image, operations and stream.
 * @param image RGB
 */
export function makeView(image: ByteImage, operations: readonly ViewOperation[], draws: Draws): ByteImage {
  load(image);
  return applyAll(operations, draws);
}

/**
 * All views of an image, in the recipe's order.
 * @param drawsOf the stream of a view, by its number
 * @param targetOf where the bytes of a view go, by its number; a new array when left out
 */
export function makeViews(
  image: ByteImage,
  recipe: ViewRecipe,
  drawsOf: (view: number) => Draws,
  targetOf?: (view: number) => Uint8Array,
): ByteImage[] {
  load(image);
  const made: ByteImage[] = [];
  for (const { count, operations } of recipe.views)
    for (let i = 0; i < count; i++) made.push(applyAll(operations, drawsOf(made.length), targetOf?.(made.length)));
  return made;
}

function load(image: ByteImage): void {
  if (image.channels !== 3) throw new FormatError(`view: the image has ${image.channels} channels, expected 3 (RGB)`);
  canvas.load(image);
}

function applyAll(operations: readonly ViewOperation[], draws: Draws, target?: Uint8Array): ByteImage {
  canvas.restart();
  for (const operation of operations) apply(operation, draws);
  return canvas.toBytes(target);
}

/** One operation with its draws. Those with a probability draw it first; when it fails they draw no more. */
function apply(operation: ViewOperation, draws: Draws): void {
  if ('p' in operation && draws.float() >= operation.p) return;
  switch (operation.op) {
    case 'random-resized-crop': {
      const box = drawCropBox(canvas, operation.scale, operation.ratio, draws);
      return resample(box, { height: operation.size, width: operation.size }, operation);
    }
    case 'resize': {
      const box = { top: 0, left: 0, height: canvas.height, width: canvas.width };
      return resample(box, shorterSide(canvas, operation.size), operation);
    }
    case 'crop-with-padding':
      return padAndCrop(operation, draws);
    case 'center-crop': {
      const size = { height: operation.size, width: operation.size };
      return canvas.byPlane(size, (plane, target) => centerCrop(plane, size, target));
    }
    case 'horizontal-flip':
      return canvas.horizontalFlip();
    case 'vertical-flip':
      return canvas.byPlane(canvas, (plane, target) => verticalFlip(plane, target));
    case 'color-jitter': {
      const { factors, order } = drawJitter(operation, draws);
      return canvas.colorJitter(factors, order);
    }
    case 'grayscale':
      return canvas.grayscale();
    case 'gaussian-blur':
      return blur(operation, draws);
    case 'solarize':
      return canvas.solarize(operation.threshold);
  }
}

function resample(box: Box, size: Size, filter: Operation<'resize'> | Operation<'random-resized-crop'>): void {
  canvas.resizedCrop(box, size, filter);
  if (filter.interpolation === 'bicubic') canvas.clamp();
}

function padAndCrop(operation: Operation<'crop-with-padding'>, draws: Draws): void {
  const { size } = operation;
  const place = drawCropPlace(canvas, size, operation, draws);
  canvas.byPlane({ height: size, width: size }, (plane, target) =>
    cropWithPadding(plane, { ...place, size }, operation, target),
  );
}

function blur({ kernel, sigma }: Operation<'gaussian-blur'>, draws: Draws): void {
  const length = kernel === 'auto' ? automaticKernel(Math.min(canvas.width, canvas.height)) : kernel;
  const drawn = draws.uniform(sigma[0], sigma[1]);
  canvas.gaussianBlur({ kernel: [length, length], sigma: [drawn, drawn] });
}
