// Our training step on batches that are in memory already, without services. A process of its own, started with the
// environment of a training process; reads questions as lines of JSON, prints an answer to each, ends with its input.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { encodeSafetensors, type HostTensor, hostTensor, viewSizes } from '#lib/contracts';
import { countParameters, toTorchLayout } from '#lib/nn';
import { stepInputs } from '#lib/training';

import { initialState, openSession, type Session } from '../../../apps/pretrain/src/trainer/session.ts';

import { comparedSteps, fileNames, type StepAnswer, type StepQuestion, stepQuestionSchema } from './messages.ts';

type Prepare = Extract<StepQuestion, { type: 'prepare' }>;

/** Bytes that look like pictures to the arithmetic: no value is special. */
const madeUpBytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 24) & 255);

/** A spec made ready to run, and how many steps it has run. */
class OurStep {
  readonly #prepare: Prepare;
  readonly #session: Session;
  readonly #views: Uint8Array[];
  readonly #samples: Uint32Array;
  #steps = 0;

  constructor(prepare: Prepare) {
    const { spec, way, file } = prepare;
    this.#prepare = prepare;
    this.#session = openSession(spec, way);
    this.#views = viewSizes(spec.views).map((size, view) => madeUpBytes(spec.batch * size * size * 3, view));
    this.#samples = Uint32Array.from({ length: spec.batch }, (_, i) => i);
    const { state } = initialState(this.#session, spec);
    this.#session.step.writeState(state);
    if (file !== null) writeFileSync(file, encodeSafetensors(this.#tensors(state)));
  }

  get parameters(): number {
    return countParameters(this.#session.instance.parameters);
  }

  run(steps: number): StepAnswer {
    const { spec, learningRate } = this.#prepare;
    const [seconds, losses]: [number[], number[]] = [[], []];
    for (let i = 0; i < steps; i++) {
      const startMs = performance.now();
      const outputs = this.#session.step.run({
        ...this.#drawn(this.#steps++),
        ...stepInputs(this.#session.optimiser, {
          step: this.#steps,
          learningRate,
          peak: learningRate,
          views: this.#views,
        }),
      });
      seconds.push((performance.now() - startMs) / 1000);
      losses.push(outputs['loss']?.[0] ?? NaN);
    }
    if (!losses.every(Number.isFinite)) throw new Error(`${spec.recipe}: the loss became ${losses.at(-1)}`);
    return { type: 'ran', seconds, losses };
  }

  #drawn(step: number) {
    return this.#session.instance.drawInputs({ seed: this.#prepare.spec.seed, epoch: step, samples: this.#samples });
  }

  /** What another implementation needs to start at the same point: the batch, the parameters in torch's layout, the draws. */
  #tensors(state: Record<string, Float32Array>): Record<string, HostTensor> {
    const { spec } = this.#prepare;
    const { instance } = this.#session;
    const tensors: Record<string, HostTensor> = {};
    viewSizes(spec.views).forEach((size, view) => {
      const bytes = this.#views[view] as Uint8Array;
      tensors[fileNames.view(view)] = hostTensor(bytes, [spec.batch, size, size, 3]);
    });
    for (const { name, shape } of instance.parameters) {
      const torch = toTorchLayout({ shape, data: state[name] as Float32Array });
      tensors[fileNames.parameter(name)] = hostTensor(torch.data, torch.shape);
    }
    const shapes = instance.inputs({ batch: spec.batch });
    for (let step = 0; step < comparedSteps; step++)
      for (const [name, values] of Object.entries(this.#drawn(step)))
        tensors[fileNames.drawn(step, name)] = hostTensor(values, shapes[name]?.shape ?? [values.length]);
    return tensors;
  }
}

let ours: OurStep | undefined;

function answer(question: StepQuestion): StepAnswer {
  if (question.type === 'prepare') {
    ours = new OurStep(question);
    return { type: 'prepared', parameters: ours.parameters };
  }
  if (!ours) throw new Error('run was asked for before prepare');
  return ours.run(question.steps);
}

for await (const line of createInterface({ input: process.stdin })) {
  let said: StepAnswer;
  try {
    said = answer(stepQuestionSchema.parse(JSON.parse(line)));
  } catch (error) {
    said = { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
