import { type FromTrainer, type ToTrainer, viewSizes } from '#lib/contracts';
import { train } from '#lib/training';

import { admissionHere } from './admission.ts';
import { initialState, openSession } from './session.ts';

/** The first steps build the graph, fill caches and grow the allocator: they say nothing about the others. */
const warmUpSteps = 3;
const leastSteps = 5;
const leastMs = 5000;
/** More steps than any trial takes. */
const endless = 1_000_000;

/**
 * Times steps of a spec on made-up images of its size, without storage: what a step costs does not depend on what is in
 * them. The training state that this gives is thrown away.
 */
export async function timeSteps(
  { spec, way }: Extract<ToTrainer, { type: 'trial' }>,
  send: (message: FromTrainer) => void,
): Promise<FromTrainer> {
  send({ type: 'alive', doing: 'building the training step for a timed trial' });
  const session = openSession(spec, way, admissionHere(spec));
  const batch = {
    views: viewSizes(spec.views).map((size) => madeUpBytes(spec.batch * size * size * 3)),
    samples: Uint32Array.from({ length: spec.batch }, (_, i) => i),
  };
  const nowMs = () => performance.now();
  let [steps, fromMs, toMs] = [0, 0, 0];
  try {
    await train({ ...session, spec, stepsPerEpoch: endless, totalSteps: endless }, initialState(session, spec), {
      async batch() {
        await new Promise(setImmediate);
        return batch;
      },
      onStep() {
        toMs = nowMs();
        if (++steps === warmUpSteps) fromMs = toMs;
        send({ type: 'alive', doing: `timed trial, step ${steps}` });
      },
      save: async () => undefined,
      stopWanted: () => steps >= warmUpSteps + leastSteps && toMs - fromMs >= leastMs,
      nowMs,
    });
  } finally {
    session.step.dispose();
  }
  const timed = steps - warmUpSteps;
  return { type: 'trial', trial: { steps: timed, secondsPerStep: (toMs - fromMs) / 1000 / timed } };
}

/** Bytes that are spread over 0 … 255: constant images would give a method nothing to normalise by. */
function madeUpBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
}
