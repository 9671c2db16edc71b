import {
  type CheckpointEntry,
  type Cursor,
  type MonitorReading,
  type RunSpec,
  type StepMetrics,
  stoppingProbeKinds,
  stoppingRules,
  type TuneReading,
  UnlabelError,
} from '#lib/contracts';
import type { MethodInstance } from '#lib/methods';
import { learningRateAt, type Optimiser } from '#lib/optim';

import type { TrainingState } from './checkpoint.ts';
import { observe } from './stopper.ts';
import { type Step, stepInputs } from './training-step.ts';

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
  /** Reads the monitors; called at the spec's steps. `state` is that after the step, and copied: reading changes nothing. */
  monitor?(state: Record<string, Float32Array>): Promise<Omit<MonitorReading, 'monitorSeconds'>>;
  /** Waits for the results on tune of the checkpoint at a step; undefined when a stop is wanted before they come. */
  tuneProbe?(step: number): Promise<TuneReading | undefined>;
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
  constructor(metrics: { step: number; quantity: string; value: number }, lastCheckpoint: number | null, base: number) {
    const { step, quantity, value } = metrics;
    const good =
      lastCheckpoint === null
        ? 'there is no checkpoint yet'
        : `the last good checkpoint is that of step ${lastCheckpoint}`;
    const again = lastCheckpoint === null ? 'from its start' : `from step ${lastCheckpoint}`;
    super(`the ${quantity} of step ${step} is ${value}; ${good}`, {
      remedy: `start the run anew with a smaller learning rate (learningRate.base=${base / 2} instead of ${base}) or a longer warm-up; ./unlabel resume takes the same steps again ${again}, which helps only where the machine was at fault`,
    });
    this.step = step;
  }
}

/**
 * Trains from a state to the last step that is planned, to an early stop, or until a stop is wanted. It knows no method, no
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
    const trained = await trainStep(plan, at, ports);
    if (!trained) continue;
    checkFinite(trained, lastSaved, spec.learningRate.base);
    const metrics = await readMonitors(plan, trained, ports);
    const tuneProbe = await waitForProbe(plan, at.cursor, ports);
    if (tuneProbe === 'stop') return 'stopped'; // before the step is decided on: the last checkpoint takes it again
    const line = tuneProbe ? { ...metrics, tuneProbe } : metrics;
    at = advance(plan, at, line);
    ports.onStep(line);
    const epochEnded = at.cursor.batch === 0;
    if (at.ended !== null) await save('final');
    else if (epochEnded && isFixed(spec, at.cursor.epoch)) await save('fixed');
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
  const outputs = plan.step.run({
    ...instance.drawInputs({ seed: spec.seed, epoch: at.cursor.epoch, samples: batch.samples }),
    ...stepInputs(optimiser, { step: at.step + 1, learningRate, peak, views: batch.views }),
  });
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

function checkFinite({ step, loss, gradientNorm }: StepMetrics, lastSaved: number | null, base: number): void {
  for (const [quantity, value] of Object.entries({ loss, 'gradient norm': gradientNorm }))
    if (!Number.isFinite(value)) throw new NonFiniteError({ step, quantity, value }, lastSaved, base);
}

/** Fixed checkpoints are those of the checkpoint interval and those that are probed. */
const isFixed = ({ checkpoint, probe }: RunSpec, epoch: number): boolean =>
  epoch % checkpoint.everyEpochs === 0 || (probe.everyEpochs !== null && epoch % probe.everyEpochs === 0);

/** Adds what the monitors read, at their steps. */
async function readMonitors(
  { spec, step }: TrainingPlan,
  metrics: StepMetrics,
  ports: TrainingPorts,
): Promise<StepMetrics> {
  if (!spec.monitors || !ports.monitor || metrics.step % spec.monitors.everySteps !== 0) return metrics;
  const startMs = ports.nowMs();
  const reading = await ports.monitor(step.readState());
  return { ...metrics, monitors: { ...reading, monitorSeconds: (ports.nowMs() - startMs) / 1000 } };
}

/**
 * At the end of epoch e, where early stopping follows a probe: the result of the checkpoint of epoch e − L, if that was
 * probed. The decision is at this step whenever the result comes, so that equal specs stop at the same step.
 */
async function waitForProbe(
  { spec, stepsPerEpoch, totalSteps }: TrainingPlan,
  { epoch, batch }: Cursor,
  ports: TrainingPorts,
): Promise<TuneReading | 'stop' | undefined> {
  const { everyEpochs, waitEpochs } = spec.probe;
  const probed = epoch + 1 - waitEpochs;
  const epochGoesOn = batch + 1 < stepsPerEpoch;
  if (epochGoesOn || everyEpochs === null || probed <= 0 || probed % everyEpochs !== 0) return undefined;
  if ((epoch + 1) * stepsPerEpoch >= totalSteps || stoppingProbeKinds(spec).length === 0 || !ports.tuneProbe)
    return undefined;
  return (await ports.tuneProbe(probed * stepsPerEpoch)) ?? 'stop';
}

/** The state after a step: cursor, what the stopper saw, and whether training is over. */
function advance(
  { spec, stepsPerEpoch, totalSteps }: TrainingPlan,
  at: TrainingState,
  metrics: StepMetrics,
): TrainingState {
  const epochEnds = at.cursor.batch + 1 >= stepsPerEpoch;
  const cursor = epochEnds ? { epoch: at.cursor.epoch + 1, batch: 0 } : { ...at.cursor, batch: at.cursor.batch + 1 };
  const stopper = observe(at.stopper, stoppingRules(spec), { ...metrics, epochEnds });
  const isLast = at.step + 1 >= totalSteps;
  const ended = isLast ? 'epochs' : stopper.reason === null ? null : 'early-stopping';
  // A rule that is met at the very end stopped nothing.
  return { ...at, step: at.step + 1, cursor, stopper: isLast ? { ...stopper, reason: null } : stopper, ended };
}
