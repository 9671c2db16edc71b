import { type CheckpointEntry, type Cursor, type RunSpec, type StepMetrics, UnlabelError } from '#lib/contracts';
import type { MethodInstance } from '#lib/methods';
import { learningRateAt, type Optimiser } from '#lib/optim';

import type { TrainingState } from './checkpoint.ts';
import { addLoss, endEpoch } from './stopper.ts';
import { type Step, viewName } from './training-step.ts';

/** Views and sample numbers of one batch; row n of every view is sample n. */
export interface Batch {
  /** one array a view, uint8 [B, H, W, C] */
  views: Uint8Array[];
  /** numbers of the samples within the split, [B] */
  samples: Uint32Array;
}

/** What the loop needs from outside. Times are in milliseconds. */
export interface TrainingPorts {
  /** Waits for batch `cursor.batch` of epoch `cursor.epoch`; undefined when a stop is wanted before it comes. */
  batch(cursor: Cursor): Promise<Batch | undefined>;
  onStep(metrics: StepMetrics): void;
  /** Stores the state and returns once the run's head names it. */
  save(state: TrainingState, kind: CheckpointEntry['kind']): Promise<void>;
  /** True when the run is wanted to stop, or its worker drains. */
  stopWanted(): boolean;
  nowMs(): number;
}

export interface TrainingPlan {
  spec: RunSpec;
  stepsPerEpoch: number;
  totalSteps: number;
  instance: MethodInstance;
  optimiser: Optimiser;
  step: Step;
}

export type TrainingEnd = 'epochs' | 'early-stopping' | 'stopped';

/** A loss or gradient that is no number: the run stops by name of step; what the last checkpoint holds is still good. */
export class NonFiniteError extends UnlabelError {
  readonly step: number;
  constructor(step: number, quantity: string, value: number, lastCheckpoint: number | null) {
    const good =
      lastCheckpoint === null
        ? 'there is no checkpoint yet'
        : `the last good checkpoint is that of step ${lastCheckpoint}`;
    super(`the ${quantity} of step ${step} is ${value}; ${good}`, {
      remedy: 'lower the learning rate (learningRate.base), warm up for longer, or look at the data',
    });
    this.step = step;
  }
}

/**
 * Trains from a state to the end of the last epoch, to an early stop, or until a stop is wanted. It knows no method, no
 * storage and no clock. Fixed checkpoints follow the spec's epochs; those by time only shorten what a kill costs.
 */
export async function train(plan: TrainingPlan, from: TrainingState, ports: TrainingPorts): Promise<TrainingEnd> {
  const { spec, step } = plan;
  let at: TrainingState = { ...from, state: {} };
  let lastSaveMs = ports.nowMs();
  let lastSaved: number | null = from.step > 0 ? from.step : null;
  step.writeState(from.state);
  const save = async (kind: CheckpointEntry['kind']) => {
    await ports.save({ ...at, state: step.readState() }, kind);
    lastSaved = at.step;
    lastSaveMs = ports.nowMs();
  };
  while (at.ended === null) {
    if (ports.stopWanted()) {
      if (lastSaved !== at.step) await save('time');
      return 'stopped';
    }
    const metrics = await trainStep(plan, at, ports);
    if (!metrics) continue;
    for (const [quantity, value] of [
      ['loss', metrics.loss],
      ['gradient norm', metrics.gradientNorm],
    ] as const)
      if (!Number.isFinite(value)) throw new NonFiniteError(metrics.step, quantity, value, lastSaved);
    at = advance(plan, at, metrics);
    ports.onStep(metrics);
    const epochEnded = at.cursor.batch === 0;
    if (at.ended !== null) await save('final');
    else if (epochEnded && at.cursor.epoch % spec.checkpoint.everyEpochs === 0) await save('fixed');
    else if (ports.nowMs() - lastSaveMs >= spec.checkpoint.everySeconds * 1000) await save('time');
  }
  return at.ended;
}

async function trainStep(
  plan: TrainingPlan,
  at: TrainingState,
  ports: TrainingPorts,
): Promise<StepMetrics | undefined> {
  const { spec, instance, optimiser, stepsPerEpoch, totalSteps } = plan;
  const startMs = ports.nowMs();
  const batch = await ports.batch(at.cursor);
  if (!batch) return undefined;
  const trainMs = ports.nowMs();
  const peak = spec.learningRate.base * (spec.learningRate.scaleByBatch ? spec.batch / 256 : 1);
  const learningRate = learningRateAt(spec.schedule, { baseLearningRate: peak, totalSteps, stepsPerEpoch }, at.step);
  const inputs: Record<string, Float32Array | Int32Array | Uint8Array> = {
    ...instance.drawInputs({ seed: spec.seed, epoch: at.cursor.epoch, samples: batch.samples }),
    learningRate: Float32Array.of(learningRate),
    peakLearningRate: Float32Array.of(peak),
  };
  for (const [name, value] of Object.entries(optimiser.scalars(at.step + 1))) inputs[name] = Float32Array.of(value);
  batch.views.forEach((view, i) => (inputs[viewName(i)] = view));
  const outputs = plan.step.run(inputs);
  const value = (name: string) => outputs[name]?.[0] ?? NaN;
  const endMs = ports.nowMs();
  const terms = Object.keys(outputs).filter((name) => name.startsWith('term/') && Number.isFinite(value(name)));
  return {
    step: at.step + 1,
    epoch: at.cursor.epoch,
    loss: value('loss'),
    terms: Object.fromEntries(terms.map((name) => [name.slice(5), value(name)])),
    learningRate,
    gradientNorm: value('gradientNorm'),
    imagesPerSecond: (1000 * spec.batch) / Math.max(endMs - startMs, 1),
    waitSeconds: (trainMs - startMs) / 1000,
    at: endMs,
  };
}

/** The state after a step: cursor, mean loss of the epoch, and whether training is over. */
function advance({ spec, stepsPerEpoch }: TrainingPlan, at: TrainingState, { loss }: StepMetrics): TrainingState {
  const next: TrainingState = { ...at, step: at.step + 1, stopper: addLoss(at.stopper, loss) };
  if (at.cursor.batch + 1 < stepsPerEpoch)
    return { ...next, cursor: { epoch: at.cursor.epoch, batch: at.cursor.batch + 1 } };
  const { state: stopper, stop } = endEpoch(next.stopper, spec.earlyStopping);
  const epoch = at.cursor.epoch + 1;
  const ended = epoch >= spec.epochs ? 'epochs' : stop ? 'early-stopping' : null;
  return { ...next, stopper, cursor: { epoch, batch: 0 }, ended };
}
