import { type Scalar, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { type z } from 'zod';

import { UsageError } from '#lib/contracts';
import { type Backbone, type ImageSize, type ParameterSpec, type Scope } from '#lib/nn';

export interface BuildArguments<Options> {
  backbone: { name: string; options: Record<string, unknown> };
  /** Size of every view. */
  image: ImageSize;
  /** What views are normalised by, per channel: they arrive as (x − mean) / std of pixels in 0..1. */
  pixels: { mean: readonly number[]; std: readonly number[] };
  options: Options;
}

/** A way of pretraining: what a recipe names, what its options may be, and how it is built. */
export interface Method<Options = unknown> {
  name: string;
  title: string;
  /** What it learns from: masking, contrastive, predictive, clustering, reconstruction or matching. */
  family: string;
  papers: string[];
  /** Every option has the paper's value as default. */
  options: z.ZodType<Options>;
  /** Views of each image that a step takes. */
  views: number;
  /** Names of the backbones that it can train. */
  backbones: string[];
  /**
   * Checks the options and everything that must fit together, and builds the method for one backbone and image size.
   * @throws UsageError naming the field and what would do
   */
  build(args: BuildArguments<Options>): MethodInstance;
}

export interface DrawArguments {
  seed: number;
  epoch: number;
  /** Numbers of the batch's samples within the split. */
  samples: ArrayLike<number>;
}

export type Loss = {
  loss: Scalar;
  /** Shown beside the loss; no gradient flows through them. */
  terms: Record<string, Scalar>;
};

/** Images as a masking method completes them, to look at. */
export type Completed = {
  /** Pixels of 0..1, [N, side, side, C]: the images as the method takes them. */
  original: Tensor4D;
  /** The prediction of every patch, in pixels as `original`; values may lie outside of 0..1. */
  predicted: Tensor4D;
  /** [N, L] of patches in row-major order, 0 kept, 1 removed: those that the loss is taken of. */
  mask: Tensor2D;
  /** As it is trained on, of these images and masks. */
  loss: Scalar;
};

export interface Completion {
  /** Side of the pictures and of a patch, in pixels. */
  side: number;
  patchSize: number;
  /** Patches are predicted normalised; `predicted` has the mean and deviation of the true ones. */
  isNormalised: boolean;
  /** @param images float32 [N, H, W, C], normalised @param inputs as of a step */
  complete(scope: Scope, images: Tensor4D, inputs: Record<string, Tensor>): Completed;
}

/** A method built for one backbone and image size. */
export interface MethodInstance {
  /** Those of the encoder are called `encoder.` and their torch name. */
  parameters: ParameterSpec[];
  /**
   * Inputs of a step beyond the views.
   * @throws UsageError for a batch that it can't train on
   */
  inputs(args: { batch: number }): Record<string, { shape: number[]; dtype: 'int32' | 'float32' }>;
  /** Values of these inputs: a pure function of (seed, epoch, sample), row by row. */
  drawInputs(args: DrawArguments): Record<string, Int32Array | Float32Array>;
  /** @param views float32 [N, H, W, C] each, normalised; row n of each is the same image */
  loss(scope: Scope, views: Tensor4D[], inputs: Record<string, Tensor>): Loss;
  /** What is probed: [N, H, W, C] → [N, featureSize]. */
  features(scope: Scope, images: Tensor4D): Tensor2D;
  featureSize: number;
  /** What `encoder.` parameters belong to, for the run's table of layers. */
  encoder: Backbone;
  /**
   * Whether loss and terms are means over the images, of each by itself, and nothing is written: the mean over equal parts of the
   * batch is then the same, and parts may be computed side by side. Every input has a row an image. Default: no
   */
  isMeanOverImages?: boolean;
  /** For a method that predicts removed patches. */
  completion?: Completion;
  /** `constant` for a parameter that keeps the peak learning rate; default: `scheduled` */
  learningRateOf?(parameterName: string): 'scheduled' | 'constant';
}

/**
 * Refuses a batch of one for a method that takes statistics over the batch: its variance would be none.
 * @throws UsageError
 */
export function needTwoImages(name: string, batch: number): void {
  if (batch < 2)
    throw new UsageError(`${name}: batch: ${batch} image has no batch statistics; at least 2 are needed`, {
      field: 'batch',
      remedy: 'use a larger batch, 256 if it fits',
    });
}

/** A method whose `build` gets options that its schema has checked and completed, and only backbones that it can train. */
export function defineMethod<S extends z.ZodType>(
  definition: Method<z.output<S>> & { options: S },
): Method<z.output<S>> {
  const { name, options: schema, backbones } = definition;
  return {
    ...definition,
    build(args) {
      const parsed = schema.safeParse(args.options ?? {});
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        const path = issue?.path ?? [];
        const field = ['method.options', ...path].join('.');
        const arrived = path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown>)?.[part], args.options);
        const got = path.length === 0 ? '' : `; got ${JSON.stringify(arrived)}`;
        throw new UsageError(`${name}: ${field}: ${issue?.message}${got}`, { field });
      }
      if (!backbones.includes(args.backbone.name))
        throw new UsageError(`${name}: backbone.name: it can't train ${args.backbone.name}`, {
          field: 'backbone.name',
          remedy: `it trains ${backbones.join(', ')}`,
        });
      return definition.build({ ...args, options: parsed.data });
    },
  };
}
