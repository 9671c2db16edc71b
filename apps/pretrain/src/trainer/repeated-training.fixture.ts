// A process that trains SimSiam on a small ResNet: `node repeated-training.fixture.ts float32|bfloat16`. Prints, as JSON, the hash of the
// state after six steps, and that after steps four to six again, from the state of step three.
import { computePrecisionSchema, runSpecSchema } from '#lib/contracts';
import { sha256 } from '#lib/storage';
import { stepInputs } from '#lib/training';

import { initialState, openSession } from './session.ts';

const size = 16;
const spec = runSpecSchema.parse({
  format: 'unlabel.run-spec',
  version: 1,
  recipe: 'repeated',
  dataset: { name: 'made-up', contentHash: 'a'.repeat(64), trainSamples: 1024 },
  method: { name: 'simsiam', options: { projectorLayers: 2, projectorWidth: 128, predictorWidth: 32 } },
  backbone: { name: 'resnet20-v2', options: {} },
  image: { size, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  views: { version: 1, views: [{ count: 2, operations: [{ op: 'random-resized-crop', size }] }] },
  blockSamples: 32,
  groupShards: 1,
  windowBlocks: 2,
  optimiser: { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 5e-4 },
  schedule: { name: 'constant' },
  learningRate: { base: 0.05, scaleByBatch: false },
  batch: 32,
  epochs: 1,
  seed: 1,
  precision: 'float32',
  engine: 'captured',
  checkpoint: { everyEpochs: 1, everySeconds: 3600, keep: 1 },
  earlyStopping: null,
  probe: { kinds: [], k: 1, temperature: 0.1, inverseRegularisation: 1, trainSamples: null },
});

const session = openSession(spec, computePrecisionSchema.parse(process.argv[2]));
session.step.writeState(initialState(session, spec).state);
const views = [1, 2].map((view) =>
  Uint8Array.from({ length: spec.batch * size * size * 3 }, (_, i) => Math.imul(i + view, 2654435761) >>> 24),
);
function play(from: number, to: number): string {
  for (let step = from; step <= to; step++)
    session.step.run(
      stepInputs(session.optimiser, {
        step,
        learningRate: 0.05,
        peak: 0.05,
        views: views.map((bytes) => bytes.map((byte) => byte ^ step)),
      }),
    );
  const state = session.step.readState();
  const names = Object.keys(state).sort();
  return sha256(Buffer.concat(names.map((name) => new Uint8Array((state[name] as Float32Array).slice().buffer))));
}
play(1, 3);
const at3 = session.step.readState();
const whole = play(4, 6);
session.step.writeState(at3);
process.stdout.write(JSON.stringify({ whole, again: play(4, 6) }));
session.step.dispose();
