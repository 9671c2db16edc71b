import { availableParallelism } from 'node:os';

import { computePrecisionSchema, type ComputationWay, type RunSpec, threadsOf } from '#lib/contracts';
import { expectedDevice, hasBfloat16, trainingEnvironment } from '#lib/engine';
import { hasSides } from '#lib/training';

/**
 * Every way in which this machine can compute a training step, the plainest first.
 * @param bfloat16 whether its device multiplies bfloat16; default: asked of it
 */
export function waysHere(bfloat16 = hasBfloat16(expectedDevice())): ComputationWay[] {
  return computePrecisionSchema.options
    .filter((precision) => precision === 'float32' || bfloat16)
    .flatMap((precision) => [
      { precision, xla: false, sideBySide: false },
      { precision, xla: true, sideBySide: false },
      { precision, xla: false, sideBySide: true },
    ]);
}

/** Whether a way is one that a spec may be computed in. */
export const fits = (spec: RunSpec, { sideBySide }: ComputationWay): boolean => !sideBySide || hasSides(spec);

/** The environment of a process that computes steps in one way, on every core. @param device default: what is there */
export function environmentOf(way: ComputationWay, device?: 'cpu'): NodeJS.ProcessEnv {
  return {
    TF_CPP_MIN_LOG_LEVEL: '2', // else its greetings are all that is left of what a process said before it died
    ...process.env,
    ...trainingEnvironment({ ...threadsOf(way, availableParallelism()), xla: way.xla }),
    ...(device && withoutGpu),
  };
}

/** What hides a GPU from CUDA. */
export const withoutGpu = { CUDA_VISIBLE_DEVICES: '' };
