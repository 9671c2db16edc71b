import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { z } from 'zod';

import type { ImageSize, ParameterSpec, Scope } from '#lib/nn';

/** What a method is built for. */
export interface MethodSetting<Options> {
  backbone: { name: string; options: Record<string, unknown> };
  image: ImageSize;
  options: Options;
}

/** A method made concrete: its parameters, what it reads beside views, its loss, and the features that are probed. */
export interface MethodInstance {
  /** Encoder parameters are called `encoder.` and their torch name. */
  parameters: ParameterSpec[];
  /** Size of the probed features. */
  featureSize: number;
  /** Inputs beside the views, for a batch. */
  inputs(sizes: { batch: number }): Record<string, { shape: number[]; dtype: 'int32' | 'float32' }>;
  /** Values of those inputs: a pure function of seed, epoch and sample numbers. */
  drawInputs(at: {
    seed: number;
    epoch: number;
    samples: ArrayLike<number>;
  }): Record<string, Int32Array | Float32Array>;
  /**
   * The loss of a batch and terms to be shown beside it.
   * @param views normalised float32 [B, H, W, C], one a view
   */
  loss(
    scope: Scope,
    views: Tensor4D[],
    inputs: Record<string, Tensor>,
  ): { loss: Scalar; terms: Record<string, Scalar> };
  /** What is probed: [N, H, W, C] → [N, featureSize]. */
  features(scope: Scope, images: Tensor4D): Tensor2D;
  /** Whether a parameter's learning rate follows the schedule or stays at its peak. Absent: all follow. */
  learningRateOf?(parameter: string): 'scheduled' | 'constant';
}

/** A self-supervised method, as data: one file each. */
export interface Method<Options = unknown> {
  name: string;
  title: string;
  /** how it learns: masking, matching, contrastive … */
  family: string;
  papers: string[];
  /** Options with the paper's settings as defaults. */
  options: z.ZodType<Options>;
  /** Views that it trains on, of each image. */
  views: number;
  /** @throws UsageError for options, backbone and image size that don't fit together */
  build(setting: MethodSetting<Options>): MethodInstance;
}
