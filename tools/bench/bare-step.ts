// The bare step: the training step of a spec on batches that are in memory already, without services. A process of its
// own, started with the environment of a training process; reads the spec as JSON, prints images per second as JSON.
import { readFileSync } from 'node:fs';

import { runSpecSchema } from '#lib/contracts';
import { stepInputs } from '#lib/training';
import { viewSizes } from '#lib/transforms';

import { initialState, openSession } from '../../apps/pretrain/src/trainer/session.ts';

const { spec, steps } = JSON.parse(readFileSync(0, 'utf8')) as { spec: unknown; steps: number };
const parsed = runSpecSchema.parse(spec);
const session = openSession(parsed, 'float32');
session.step.writeState(initialState(session, parsed).state);

/** Bytes that look like pictures to the arithmetic: no value is special. */
const views = viewSizes(parsed.views).map((size, view) =>
  Uint8Array.from({ length: parsed.batch * size * size * 3 }, (_, i) => (Math.imul(i + view, 2654435761) >>> 24) & 255),
);
const samples = Uint32Array.from({ length: parsed.batch }, (_, i) => i);

const seconds: number[] = [];
for (let step = 0; step < steps; step++) {
  const startMs = performance.now();
  session.step.run({
    ...session.instance.drawInputs({ seed: parsed.seed, epoch: step, samples }),
    ...stepInputs(session.optimiser, { step: step + 1, learningRate: 1e-3, peak: 1e-3, views }),
  });
  seconds.push((performance.now() - startMs) / 1000);
}
process.stdout.write(JSON.stringify({ seconds }));
