// A process that trains under XLA: `node xla-training.fixture.ts float32|bfloat16`. Prints, as JSON, the losses of 20 steps and those of
// steps 11 to 20 again, from the state of step 10.
import { computePrecisionSchema } from '#lib/contracts';

import { buildStep } from './index.ts';
import { feed, tinyTraining } from './tiny-training.fixture.ts';

const { fn, ...options } = tinyTraining('adamw');
const precision = computePrecisionSchema.parse(process.argv[2]);
const step = buildStep(fn, { ...options, engine: 'captured', precision });
const play = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => step.run(feed(from + i))['loss']![0]);
const first = play(1, 10);
const at10 = step.readState();
const rest = play(11, 20);
step.writeState(at10);
process.stdout.write(JSON.stringify({ losses: [...first, ...rest], again: play(11, 20) }));
step.dispose();
