import { join } from 'node:path';

import { computationInWords, type ComputationWay, type RunSpec } from '#lib/contracts';

import { LineChild } from '../measuring/line-child.ts';
import { peakBytes } from '../measuring/process-memory.ts';
import type { Side } from '../measuring/turns.ts';

import { preparedSchema, type Ran, ranSchema, type StepQuestion } from './messages.ts';
import { environmentOf } from './ways.ts';
import { peakLearningRate } from './work.ts';

/** The first steps build the graph, fill caches and grow the allocator. */
export const warmUpSteps = 3;

/** Our step of one spec, computed in one way, in a process that runs it when it is asked to. */
export class OurStepProcess implements Side, AsyncDisposable {
  readonly name: string;
  readonly #child: LineChild;
  #parameters = 0;

  private constructor(spec: RunSpec, way: ComputationWay, device?: 'cpu') {
    this.name = computationInWords(way);
    this.#child = new LineChild({
      name: `our step (${spec.recipe}, ${this.name})`,
      command: process.execPath,
      args: [join(import.meta.dirname, 'our-step.ts')],
      env: environmentOf(way, device),
    });
  }

  /**
   * @param options.file where the process writes what another implementation needs to start at the same point
   * @param options.device default: the one that training would take
   * @throws RefusedError for a step that can't be built
   */
  static async start(
    spec: RunSpec,
    way: ComputationWay,
    { file = null, device }: { file?: string | null; device?: 'cpu' } = {},
  ): Promise<OurStepProcess> {
    const started = new OurStepProcess(spec, way, device);
    const learningRate = peakLearningRate(spec);
    const question: StepQuestion = { type: 'prepare', spec, way, learningRate, file };
    try {
      started.#parameters = (await started.#child.ask(question, preparedSchema)).parameters;
    } catch (error) {
      await started.#child.close();
      throw error;
    }
    return started;
  }

  /** Trainable numbers of the model. */
  get parameters(): number {
    return this.#parameters;
  }

  /** Runs steps. @throws RefusedError when the loss is not finite any more */
  ran(steps: number): Promise<Ran> {
    return this.#child.ask({ type: 'run', steps } satisfies StepQuestion, ranSchema);
  }

  async run(steps: number): Promise<number[]> {
    return (await this.ran(steps)).seconds;
  }

  /** The most memory that the process has had, in bytes; undefined where the system doesn't tell. */
  peakBytes(): number | undefined {
    return peakBytes(this.#child.pid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child.close();
  }
}
