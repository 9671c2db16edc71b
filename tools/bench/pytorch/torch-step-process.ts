import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { RunSpec } from '#lib/contracts';
import type { VisionTransformer } from '#lib/nn';
import { instanceOfSpec } from '#lib/training';
import { viewSizes } from '#lib/transforms';

import type { PythonHere } from '../bench.ts';
import { LineChild } from '../measuring/line-child.ts';
import { peakBytes } from '../measuring/process-memory.ts';
import type { Side } from '../measuring/turns.ts';
import { comparedSteps } from '../training/messages.ts';
import { withoutGpu } from '../training/ways.ts';
import { peakLearningRate } from '../training/work.ts';

import { ranSchema, torchPreparedSchema, type TorchQuestion, type TorchVariant, variantInWords } from './messages.ts';

/** PyTorch's step of one spec, in a process that runs it in any of its variants when it is asked to. */
export class TorchStepProcess implements AsyncDisposable {
  readonly #child: LineChild;
  /** Trainable numbers of its model. */
  readonly parameters: number;
  /** Losses of its first steps, from the state and with the draws of the file. */
  readonly losses: readonly number[];

  private constructor(child: LineChild, { parameters, losses }: { parameters: number; losses: number[] }) {
    this.#child = child;
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
      env: { ...process.env, ...withoutGpu, PYTHONDONTWRITEBYTECODE: '1' },
    });
    try {
      return new TorchStepProcess(child, await child.ask(questionOf(spec, file), torchPreparedSchema));
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

function questionOf(spec: RunSpec, file: string): TorchQuestion {
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
