import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { type ComputePrecision, type RunSpec, viewSizes } from '#lib/contracts';
import type { VisionTransformer } from '#lib/nn';
import { instanceOfSpec } from '#lib/training';

import type { PythonHere } from '../bench.ts';
import { LineChild } from '../measuring/line-child.ts';
import { peakBytes } from '../measuring/process-memory.ts';
import type { Side } from '../measuring/turns.ts';
import { comparedSteps } from '../training/messages.ts';
import { withoutGpu } from '../training/ways.ts';
import { peakLearningRate } from '../training/work.ts';

import {
  ranSchema,
  torchPreparedSchema,
  type TorchQuestion,
  type TorchVariant,
  torchVariants,
  variantInWords,
} from './messages.ts';

/**
 * The C library gives large blocks back to the system at each release and gets them anew, page by page: a third of PyTorch's
 * float32 step of SimSiam. Its tuning guide has another allocator preloaded against that; this does the same without one.
 */
const keepMemory = [
  'glibc.malloc.mmap_threshold=4294967296',
  'glibc.malloc.trim_threshold=17179869184',
  'glibc.malloc.top_pad=268435456',
].join(':');

/** PyTorch's step of one spec, in a process that runs it in any of its variants when it is asked to. */
export class TorchStepProcess implements AsyncDisposable {
  readonly #child: LineChild;
  /** Trainable numbers of its model. */
  readonly parameters: number;
  /** What it can run its step in. */
  readonly variants: (precisions: readonly ComputePrecision[]) => TorchVariant[];
  /** Losses of its first steps, from the state and with the draws of the file. */
  readonly losses: readonly number[];

  private constructor(
    child: LineChild,
    { parameters, losses }: { parameters: number; losses: number[] },
    hasAttention: boolean,
  ) {
    this.#child = child;
    this.variants = (precisions) => torchVariants(precisions, hasAttention);
    this.parameters = parameters;
    this.losses = losses;
  }

  /**
   * @param file what our own step wrote to start from
   * @throws RefusedError for a spec that has no counterpart in PyTorch here, or other parameters than the file's
   */
  static async start(spec: RunSpec, file: string, { command }: PythonHere): Promise<TorchStepProcess> {
    const child = new LineChild({
      name: `PyTorch's step (${spec.recipe})`,
      command,
      args: [join(import.meta.dirname, 'step.py')],
      env: { GLIBC_TUNABLES: keepMemory, ...process.env, ...withoutGpu, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const question = questionOf(spec, file);
    try {
      return new TorchStepProcess(
        child,
        await child.ask(question, torchPreparedSchema),
        question.backbone.vit !== null,
      );
    } catch (error) {
      await child.close();
      throw error;
    }
  }

  /** One variant as a side that takes turns. */
  side(variant: TorchVariant): Side {
    return {
      name: variantInWords(variant),
      run: async (steps) =>
        (await this.#child.ask({ type: 'run', variant, steps } satisfies TorchQuestion, ranSchema)).seconds,
    };
  }

  peakBytes(): number | undefined {
    return peakBytes(this.#child.pid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child.close();
  }
}

function questionOf(spec: RunSpec, file: string): Extract<TorchQuestion, { type: 'prepare' }> {
  const { encoder } = instanceOfSpec(spec);
  return {
    type: 'prepare',
    threads: availableParallelism(),
    seed: spec.seed,
    method: spec.method.name,
    options: spec.method.options,
    backbone: {
      name: spec.backbone.name,
      options: spec.backbone.options,
      vit: 'grid' in encoder ? { ...(encoder as VisionTransformer).options } : null,
    },
    mean: spec.image.mean,
    std: spec.image.std,
    views: viewSizes(spec.views).length,
    optimiser: spec.optimiser,
    learningRate: peakLearningRate(spec),
    comparedSteps,
    file,
  };
}
