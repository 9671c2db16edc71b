import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type CheckpointEntry, type RunSpec, type StepMetrics, stoppingRules } from '#lib/contracts';
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
  schedule: { name: 'warmup-cosine', warmupEpochs: 1, endFactor: 0, per: 'step' },
  checkpoint: { everyEpochs: 1, everySeconds: 1000, keep: 3 },
  monitors: null,
  earlyStopping: null,
  probe: { everyEpochs: null, waitEpochs: 1 },
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
const fresh = (spec: object = {}): TrainingState => ({
  step: 0,
  cursor: { epoch: 0, batch: 0 },
  stopper: freshStopper(stoppingRules({ ...base, ...spec })),
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
  totalSteps?: number;
  ports?: Partial<TrainingPorts>;
}

/** Trains with ports that write everything down. */
async function trained({
  spec,
  from = fresh(spec),
  lossOf = (step) => 1 / step,
  stopAt = Infinity,
  stepMs = 1,
  totalSteps = 12,
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
    totalSteps,
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

test('a budget that ends within an epoch ends there, with the final checkpoint', async () => {
  const { end, shown, saves } = await trained({ totalSteps: 6 });
  expect([end, ...shown]).toEqual(['epochs', 'fixed 4', 'final 6']);
  expect(saves.at(-1)?.state).toMatchObject({ ended: 'epochs', cursor: { epoch: 1, batch: 2 } });
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
  expect((failure as NonFiniteError).remedy).toContain(
    `learningRate.base=0.25 instead of 0.5) or a longer warm-up; ./unlabel resume takes the same steps again from ${at === 7 ? 'step 4' : 'its start'}`,
  );
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

const rule = { on: 'online-knn', patienceReadings: 2, minChange: 0 };
const monitored = { monitors: { everySteps: 2, samples: 2, onlineKnn: null }, earlyStopping: [rule] };
/** Readings whose k-NN figure is that of the state's count of steps. */
const monitor =
  (knnOf: (step: number) => number) =>
  async ({ w }: Record<string, Float32Array>) => ({
    embeddingStd: 0.5,
    embeddingSize: 4,
    rankMe: 2,
    onlineKnn: knnOf((w as Float32Array)[0] as number),
  });

test('reads the monitors at their steps alone, of the state after the step, and steps as without them', async () => {
  const states: number[] = [];
  const ports = {
    monitor: async (state: Record<string, Float32Array>) => {
      const w = state['w'] as Float32Array;
      states.push(w[0] as number);
      w.fill(-1); // a copy: what is done to it reaches nothing
      return { embeddingStd: 0.5, embeddingSize: 4, rankMe: 2 };
    },
  };
  const spec = { monitors: { ...monitored.monitors, everySteps: 5 } };
  const [with5, without] = [await trained({ spec, ports }), await trained({})];
  expect(states).toEqual([5, 10]);
  expect(with5.saves).toEqual(without.saves);
  expect(with5.metrics.filter(({ monitors }) => monitors).map(({ step }) => step)).toEqual([5, 10]);
  expect(with5.metrics[4]?.monitors).toEqual({ embeddingStd: 0.5, embeddingSize: 4, rankMe: 2, monitorSeconds: 0 });
});

test('a monitor that does not rise ends a run within an epoch, and wherever it is resumed at the same step', async () => {
  const ports = { monitor: monitor((step) => (step <= 4 ? step / 10 : 0.1)) };
  const whole = await trained({ spec: monitored, ports });
  expect([whole.end, ...whole.shown]).toEqual(['early-stopping', 'fixed 4', 'final 8']);
  for (let stopAt = 1; stopAt < 8; stopAt++) {
    const from = (await trained({ spec: monitored, ports, stopAt })).saves.at(-1)?.state as TrainingState;
    const rest = await trained({ spec: monitored, ports, from });
    expect(rest.saves.at(-1)).toEqual(whole.saves.at(-1));
  }
  expect(whole.saves.at(-1)?.state.stopper.reason).toContain('online-knn did not rise');
});

const probed = {
  probe: { everyEpochs: 1, waitEpochs: 2 },
  checkpoint: { ...base.checkpoint, everyEpochs: 4 },
  earlyStopping: { on: 'probe-knn', patienceProbes: 1, minChange: 0 },
};

test('a probe of epoch e decides at the end of epoch e + L, and its result stands in that step’s line', async () => {
  const asked: number[] = [];
  const tuneProbe = async (step: number) => {
    asked.push(step);
    return { step, knn: step / 100 };
  };
  const { shown, metrics } = await trained({ spec: probed, totalSteps: 20, ports: { tuneProbe } });
  expect(shown).toEqual(['fixed 4', 'fixed 8', 'fixed 12', 'fixed 16', 'final 20']);
  expect(asked).toEqual([4, 8]);
  expect(metrics.flatMap(({ step, tuneProbe }) => (tuneProbe ? [[step, tuneProbe.step]] : []))).toEqual([
    [12, 4],
    [16, 8],
  ]);
  const stops = { tuneProbe: async (step: number) => ({ step, knn: 1 / step }) };
  const stopped = await trained({ spec: probed, totalSteps: 20, ports: stops });
  expect([stopped.end, ...stopped.shown]).toEqual(['early-stopping', 'fixed 4', 'fixed 8', 'fixed 12', 'final 16']);
});

test('without a rule on a probe nothing is waited for', async () => {
  const tuneProbe = async () => expect.fail('nobody asked');
  expect((await trained({ spec: { ...probed, earlyStopping: null }, totalSteps: 20, ports: { tuneProbe } })).end).toBe(
    'epochs',
  );
});

test('a stop that is wanted while a probe is waited for takes the step again when the run goes on', async () => {
  const plan = { spec: probed, totalSteps: 20 };
  const cut = await trained({ ...plan, ports: { tuneProbe: async () => undefined } });
  expect([cut.end, ...cut.shown]).toEqual(['stopped', 'fixed 4', 'fixed 8']);
  expect(cut.metrics.at(-1)?.step).toBe(11);
  const tuneProbe = async (step: number) => ({ step, knn: step / 100 });
  const from = cut.saves.at(-1)?.state as TrainingState;
  const rest = await trained({ ...plan, from, ports: { tuneProbe } });
  const whole = await trained({ ...plan, ports: { tuneProbe } });
  expect(rest.saves.at(-1)).toEqual(whole.saves.at(-1));
});
