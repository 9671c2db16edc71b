// A process that trains a small model: `node repeated-training.fixture.ts simsiam|mae float32|bfloat16 [side-by-side]`. Prints, as JSON, the hash of
// the state after six steps, and that after steps four to six again, from the state of step three.
import { computePrecisionSchema } from '#lib/contracts';
import { sha256 } from '#lib/storage';
import { madeUpSpec } from '#lib/testing';
import { stepInputs } from '#lib/training';

import { initialState, openSession } from './session.ts';

const size = 16;
const learningRate = 0.01;
const sgd = { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 5e-4 };
const adamw = { name: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05 };
const models = {
  simsiam: {
    method: { name: 'simsiam', options: { projectorLayers: 2, projectorWidth: 128, predictorWidth: 32 } },
    backbone: { name: 'resnet20-v2', options: {} },
    optimiser: sgd,
    views: 2,
  },
  mae: {
    method: { name: 'mae', options: { decoderWidth: 32, decoderDepth: 1, decoderHeads: 2 } },
    backbone: { name: 'vit-report', options: { patchSize: 2, positions: 'sincos' } },
    optimiser: adamw,
    views: 1,
  },
};
const [, , name, precisionWanted, how] = process.argv;
const { views: count, ...model } = models[name as keyof typeof models];
const spec = madeUpSpec({
  ...model,
  image: { size, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  views: { version: 1, views: [{ count, operations: [{ op: 'random-resized-crop', size }] }] },
  learningRate: { base: learningRate, scaleByBatch: false },
  batch: 32,
});

const precision = computePrecisionSchema.parse(precisionWanted);
const session = openSession(spec, { precision, sideBySide: how === 'side-by-side' });
session.step.writeState(initialState(session, spec).state);
const views = Array.from({ length: count }, (_, view) =>
  Uint8Array.from({ length: spec.batch * size * size * 3 }, (_, i) => Math.imul(i + view, 2654435761) >>> 24),
);
const samples = Array.from({ length: spec.batch }, (_, i) => i);
function play(from: number, to: number): string {
  for (let step = from; step <= to; step++) {
    const pictures = views.map((bytes) => bytes.map((byte) => byte ^ step));
    session.step.run({
      ...session.instance.drawInputs({ seed: 1, epoch: step, samples }),
      ...stepInputs(session.optimiser, { step, learningRate, peak: learningRate, views: pictures }),
    });
  }
  const state = session.step.readState();
  const names = Object.keys(state).sort();
  return sha256(Buffer.concat(names.map((entry) => new Uint8Array((state[entry] as Float32Array).slice().buffer))));
}
play(1, 3);
const at3 = session.step.readState();
const whole = play(4, 6);
session.step.writeState(at3);
process.stdout.write(JSON.stringify({ whole, again: play(4, 6) }));
session.step.dispose();
