import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type CheckpointEntry, type RunSpec, type StepMetrics } from '#lib/contracts';
import { type MethodInstance } from '#lib/methods';
import { type Optimiser } from '#lib/optim';

import { type TrainingState } from './checkpoint.ts';
import { NonFiniteError, train, type TrainingPorts } from './loop.ts';
import { freshStopper } from './stopper.ts';
import { type Step } from './training-step.ts';

const stepsPerEpoch = 4;
const base = {
  learningRate: { base: 0.5, scaleByBatch: true },
  batch: 128,
  epochs: 3,
  seed: 7,
  schedule: { name: 'warmup-cosine', warmupEpochs: 1, endFactor: 0 },
  checkpoint: { everyEpochs: 1, everySeconds: 1000, keep: 3 },
  earlyStopping: null,
};

/** A step whose state counts the steps and sums their learning rates; `lossOf` gives the loss of each count. */
class CountingStep implements Step {
  readonly fed: Record<string, number[]>[] = [];
  #state: Record<string, Float32Array> = {};
  readonly #lossOf: (step: number) => number;

  constructor(lossOf: (step: number) => number) {
    this.#lossOf = lossOf;
  }

  run(inputs: Record<string, ArrayLike<number>>): Record<string, Float32Array> {
    this.fed.push(Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, Array.from(values)])));
    const [steps, rates] = this.#state['w'] as Float32Array as unknown as [number, number];
    this.#state = { w: Float32Array.of(steps + 1, rates + (inputs['learningRate']?.[0] as number)) };
    return {
      loss: Float32Array.of(this.#lossOf(steps + 1)),
      gradientNorm: Float32Array.of(2),
      'term/std': Float32Array.of(3),
    };
  }

  readState = () => ({ w: (this.#state['w'] as Float32Array).slice() });
  writeState = (state: Record<string, Float32Array>) => (this.#state = { ...state });
  dispose = () => undefined;
}

const instance: Partial<MethodInstance> = {
  drawInputs: ({ seed, epoch, samples }) => ({ drawn: Int32Array.of(seed, epoch, samples[0] as number) }),
};
const optimiser: Partial<Optimiser> = { scalars: (step) => ({ correction: 1 / step }) };
const fresh = (): TrainingState => ({
  step: 0,
  cursor: { epoch: 0, batch: 0 },
  stopper: freshStopper(),
  ended: null,
  state: { w: new Float32Array(2) },
});

interface Wanted {
  from?: TrainingState;
  spec?: object;
  lossOf?: (step: number) => number;
  /** a stop is wanted once so many steps were taken in all */
  stopAt?: number;
  stepMs?: number;
  ports?: Partial<TrainingPorts>;
}

/** Trains with ports that write everything down. */
async function trained({
  from = fresh(),
  spec,
  lossOf = (step) => 1 / step,
  stopAt = Infinity,
  stepMs = 1,
  ports,
}: Wanted) {
  const saves: { state: TrainingState; kind: CheckpointEntry['kind'] }[] = [];
  const metrics: StepMetrics[] = [];
  const cursors: string[] = [];
  let [nowMs, taken] = [0, from.step];
  const step = new CountingStep(lossOf);
  const plan = {
    spec: { ...base, ...spec } as Partial<RunSpec> as RunSpec,
    stepsPerEpoch,
    totalSteps: 12,
    instance: instance as MethodInstance,
    optimiser: optimiser as Optimiser,
    step,
  };
  const end = await train(plan, from, {
    batch: async ({ epoch, batch }) => {
      cursors.push(`${epoch}.${batch}`);
      return { views: [Uint8Array.of(epoch, batch)], samples: Uint32Array.of(10 * epoch + batch) };
    },
    onStep: (line) => {
      metrics.push(line);
      nowMs += stepMs;
      taken++;
    },
    save: async (state, kind) => void saves.push({ state, kind }),
    stopWanted: () => taken >= stopAt,
    nowMs: () => nowMs,
    ...ports,
  });
  return { end, saves, metrics, cursors, step, shown: saves.map(({ state, kind }) => `${kind} ${state.step}`) };
}

test('fixed checkpoints follow the epochs, and the last one is final', async () => {
  expect((await trained({})).shown).toEqual(['fixed 4', 'fixed 8', 'final 12']);
  const every2 = { checkpoint: { ...base.checkpoint, everyEpochs: 2 } };
  expect((await trained({ spec: every2 })).shown).toEqual(['fixed 8', 'final 12']);
});

test('checkpoints by time come between, counted from the last checkpoint of any kind', async () => {
  const spec = { checkpoint: { ...base.checkpoint, everySeconds: 3 } };
  const { shown, saves } = await trained({ spec, stepMs: 1000 });
  expect(shown).toEqual(['time 3', 'fixed 4', 'time 7', 'fixed 8', 'time 11', 'final 12']);
  expect(saves.map(({ state }) => state.ended)).toEqual([null, null, null, null, null, 'epochs']);
  expect(saves[0]?.state).toMatchObject({ cursor: { epoch: 0, batch: 3 }, stopper: { epochLossCount: 3 } });
});

test('a stop that is wanted saves once, at the step it met, and ends as stopped', async () => {
  const { end, shown, saves } = await trained({ stopAt: 6 });
  expect([end, ...shown]).toEqual(['stopped', 'fixed 4', 'time 6']);
  expect(saves.at(-1)?.state.state['w']?.[0]).toBe(6);
});

test('a stop right after a checkpoint, or before the first step of a resumed run, writes none again', async () => {
  expect(await trained({ stopAt: 4 })).toMatchObject({ end: 'stopped', shown: ['fixed 4'] });
  const from = (await trained({ stopAt: 6 })).saves.at(-1)?.state as TrainingState;
  expect(await trained({ from, stopAt: 6 })).toMatchObject({ end: 'stopped', shown: [], cursors: [] });
});

test('a batch that does not come has the loop look again whether a stop is wanted', async () => {
  let asked = 0;
  const batch = async () => (++asked < 3 ? undefined : { views: [], samples: Uint32Array.of(0) });
  const waits = await trained({ stopAt: 1, ports: { batch } });
  expect(waits).toMatchObject({ end: 'stopped', shown: ['time 1'] });
  expect([asked, waits.metrics.length]).toEqual([3, 1]);
  const cut = await trained({ ports: { batch: async () => undefined, stopWanted: () => ++asked > 5 } });
  expect(cut).toMatchObject({ end: 'stopped', metrics: [] });
});

test('wherever a run stops and goes on, cursors, inputs, losses and state are those of an undisturbed one', async () => {
  const whole = await trained({});
  const stops = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(stops, async (points) => {
      const parts: Awaited<ReturnType<typeof trained>>[] = [];
      let from = fresh();
      for (const stopAt of [...points.sort((a, b) => a - b), Infinity]) {
        const part = await trained({ from, stopAt });
        parts.push(part);
        from = part.saves.at(-1)?.state ?? from;
      }
      expect(parts.at(-1)?.end).toBe('epochs');
      expect(parts.flatMap(({ cursors }) => cursors)).toEqual(whole.cursors);
      expect(parts.flatMap(({ step }) => step.fed)).toEqual(whole.step.fed);
      const lines = (all: StepMetrics[]) =>
        all.map(({ step, epoch, loss, learningRate }) => [step, epoch, loss, learningRate]);
      expect(lines(parts.flatMap(({ metrics }) => metrics))).toEqual(lines(whole.metrics));
      expect(from).toEqual(whole.saves.at(-1)?.state);
    }),
    { numRuns: 25 },
  );
});

test('feeds the views, what the method draws, the optimiser’s numbers from step 1, and learning rates scaled by the batch', async () => {
  const { step, metrics, cursors } = await trained({});
  expect(step.fed[5]).toEqual({
    drawn: [7, 1, 11],
    view0: [1, 1],
    correction: [Math.fround(1 / 6)],
    learningRate: [Math.fround(metrics[5]?.learningRate as number)],
    peakLearningRate: [0.25],
  });
  expect(Math.max(...metrics.map(({ learningRate }) => learningRate))).toBe(0.25);
  expect(cursors.slice(2, 6)).toEqual(['0.2', '0.3', '1.0', '1.1']);
});

test('a metrics line has the loss, its terms, and where it stands', async () => {
  const { metrics } = await trained({ ports: { nowMs: () => 5 } });
  expect(metrics[1]).toMatchObject({ step: 2, epoch: 0, loss: 0.5, gradientNorm: 2, terms: { std: 3 }, at: 5 });
});

test.each([
  [NaN, 7, 'the loss of step 7 is NaN; the last good checkpoint is that of step 4'],
  [-Infinity, 2, 'the loss of step 2 is -Infinity; there is no checkpoint yet'],
])('a loss of %d ends the run by naming step and last good checkpoint, and is not saved', async (loss, at, message) => {
  const saves: number[] = [];
  const ports = { save: async ({ step }: TrainingState) => void saves.push(step) };
  const failure: unknown = await trained({ lossOf: (step) => (step === at ? loss : 1), ports }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(NonFiniteError);
  expect(failure).toMatchObject({ message, step: at });
  expect(saves.every((step) => step < at)).toBe(true);
});

test('a resumed run that meets NaN at once names the checkpoint it came from', async () => {
  const from = (await trained({ stopAt: 6 })).saves.at(-1)?.state as TrainingState;
  await expect(trained({ from, lossOf: () => NaN })).rejects.toThrow(/step 7 is NaN; .* that of step 6/);
});

test('early stopping ends a run at an epoch, with a final checkpoint that says so', async () => {
  const spec = { epochs: 3, earlyStopping: { on: 'loss', patienceEpochs: 1, minChange: 0 } };
  const { end, shown, saves } = await trained({ spec, lossOf: (step) => step });
  expect([end, ...shown]).toEqual(['early-stopping', 'fixed 4', 'final 8']);
  const from = saves.at(-1)?.state as TrainingState;
  expect(from.ended).toBe('early-stopping');
  expect(await trained({ spec, from })).toMatchObject({ end: 'early-stopping', shown: [], cursors: [] });
});
