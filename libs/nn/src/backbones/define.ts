import { type z } from 'zod';

import { UsageError } from '#lib/contracts';
import { ShapeError } from '#lib/tensor';

import { type Backbone, type ImageSize, type LayerSummary, type Module } from '../module.ts';
import { countParameters } from '../summary.ts';

/** A backbone of the registry: what a recipe names and what its options may be. */
export interface BackboneEntry {
  name: string;
  title: string;
  /** The options' schema, for documentation and forms; every option has a default. */
  options: z.ZodType;
  /**
   * Checks the options and builds the backbone for images of one size.
   * @throws UsageError naming the option, or the image size that doesn't fit
   */
  build(options: unknown, input: ImageSize): Backbone;
}

interface Definition<S extends z.ZodType> {
  name: string;
  title: string;
  options: S;
  build(options: z.output<S>, input: ImageSize): Backbone;
}

/** An entry whose `build` gets options that the schema has checked and completed. */
export function defineBackbone<S extends z.ZodType>(definition: Definition<S>): BackboneEntry {
  const { name, options: schema } = definition;
  return {
    ...definition,
    build(options, input) {
      const parsed = schema.safeParse(options ?? {});
      if (!parsed.success) {
        const issues = parsed.error.issues.map(({ path, message }) => `${['options', ...path].join('.')}: ${message}`);
        throw new UsageError(`backbone ${name}: ${issues.join('; ')}`);
      }
      checkImageSize(name, input);
      return definition.build(parsed.data, input);
    },
  };
}

function checkImageSize(name: string, input: ImageSize): void {
  for (const [field, value] of Object.entries(input))
    if (!Number.isInteger(value) || value < 1)
      throw new UsageError(`backbone ${name}: the image's ${field} must be a whole number from 1, got ${value}`);
}

/** A row of the model's table. */
export function layerRow(name: string, module: Pick<Module, 'parameters'>, outputShape: number[]): LayerSummary {
  return { name, outputShape, parameters: countParameters(module.parameters) };
}

/**
 * Throws unless x is a batch of images with the channels, and unless `anySize` the sides, that the backbone was built for.
 * @throws ShapeError
 */
export function checkImages(name: string, x: { shape: number[] }, input: ImageSize, { anySize = false } = {}): void {
  const [, height, width, channels] = x.shape;
  const fits = x.shape.length === 4 && channels === input.channels;
  if (fits && (anySize || (height === input.height && width === input.width))) return;
  const wanted = anySize ? `H, W, ${input.channels}` : `${input.height}, ${input.width}, ${input.channels}`;
  throw new ShapeError(`${name}: images must be [N, ${wanted}], got [${x.shape.join(', ')}]`);
}
