import type { FromTrainer, StepMetrics, ToTrainer } from '#lib/contracts';
import { expectedDevice, hasBfloat16, native } from '#lib/engine';
import { type ObjectStore, sha256 } from '#lib/storage';
import { initialValues, train, type TrainingPorts } from '#lib/training';

import { admissionHere } from './admission.ts';
import { BlockBatches } from './block-batches.ts';
import { Monitoring } from './monitoring.ts';
import { GpuWatch, ResourceMeter } from './resources.ts';
import { saveCheckpoint } from './save.ts';
import { initialState, openSession, resumedState, type Session } from './session.ts';
import { TuneWait } from './tune-wait.ts';

type Start = Extract<ToTrainer, { type: 'start' }>;

/** One run in this process, from its first message to its end. */
export class Training {
  readonly #start: Start;
  readonly #store: ObjectStore;
  readonly #send: (message: FromTrainer) => void;
  readonly #batches: BlockBatches;
  readonly #stop = new AbortController();
  readonly #tune: TuneWait;
  readonly #unsaved: StepMetrics[] = [];
  #resources = new ResourceMeter();
  #step = 0;
  /** why early stopping ended the run */
  #reason: string | null = null;
  #committed: { step: number; resolve: () => void } | undefined;
  #trainSeconds: number;
  #waitSeconds: number;

  constructor(start: Start, store: ObjectStore, send: (message: FromTrainer) => void) {
    this.#start = start;
    this.#store = store;
    this.#send = send;
    this.#trainSeconds = start.trainSeconds;
    this.#waitSeconds = start.waitSeconds;
    this.#tune = new TuneWait(send, this.#stop.signal);
    const { spec, resolved } = start;
    this.#batches = new BlockBatches({
      store,
      viewsHash: resolved.viewsHash,
      samples: spec.dataset.trainSamples,
      blockSamples: spec.blockSamples,
      batch: spec.batch,
      onWait: () => send({ type: 'alive', doing: 'waiting for view blocks' }),
      signal: this.#stop.signal,
    });
  }

  receive(message: Exclude<ToTrainer, Start | { type: 'trial' }>): void {
    if (message.type === 'block-ready') this.#batches.wake();
    else if (message.type === 'stop') this.#stop.abort(new Error('stop wanted'));
    else if (message.type === 'tune-probe' || message.type === 'tune-probe-failed') this.#tune.receive(message);
    else if (this.#committed && message.step === this.#committed.step) this.#committed.resolve();
  }

  async run(): Promise<FromTrainer> {
    const { spec, resolved, resume } = this.#start;
    const { device } = native();
    if (device !== resolved.device) return { type: 'declined', reason: declined(resolved.device, device) };
    if (resolved.computation.precision === 'bfloat16' && !hasBfloat16(device))
      return { type: 'declined', reason: 'the run was resolved for bfloat16, this machine has no units for it' };
    this.#send({ type: 'alive', doing: 'building the training step' });
    const session = openSession(spec, resolved.computation, admissionHere(spec));
    const from = resume
      ? await resumedState(session, spec, resume, this.#store)
      : initialState(session, spec, await this.#firstValues(session));
    this.#send({ type: 'alive', doing: resume ? `resuming at step ${from.step}` : 'starting' });
    this.#send({ type: 'cursor', cursor: from.cursor });
    const plan = { ...session, spec, stepsPerEpoch: resolved.stepsPerEpoch, totalSteps: resolved.totalSteps };
    this.#step = from.step;
    this.#reason = from.stopper.reason;
    const monitoring = await Monitoring.open(this.#store, spec, session.instance);
    this.#resources = new ResourceMeter(device === 'gpu' ? new GpuWatch() : undefined);
    try {
      const how = await train(plan, from, this.#ports(session, monitoring));
      return { type: 'ended', how, step: this.#step, reason: how === 'early-stopping' ? this.#reason : null };
    } finally {
      this.#resources.close();
      monitoring?.dispose();
      session.step.dispose();
    }
  }

  #ports(session: Session, monitoring: Monitoring | undefined): TrainingPorts {
    const { run, attempt, spec } = this.#start;
    const reading = () => this.#send({ type: 'alive', doing: 'reading the monitors' });
    return {
      batch: (cursor) => this.#batch(cursor),
      ...(monitoring && { monitor: (state) => monitoring.read(state, reading) }),
      tuneProbe: (step) => this.#tune.result(step),
      onStep: (metrics) => this.#onStep(metrics),
      save: async (state, kind) => {
        this.#reason = state.stopper.reason;
        const context = { store: this.#store, run, attempt, spec, session };
        const saved = await saveCheckpoint(context, state, kind, this.#unsaved.splice(0));
        await this.#commit({ ...saved, trainSeconds: this.#trainSeconds, waitSeconds: this.#waitSeconds });
      },
      stopWanted: () => this.#stop.signal.aborted,
      nowMs: () => performance.timeOrigin + performance.now(),
    };
  }

  #onStep(metrics: StepMetrics): void {
    this.#step = metrics.step;
    const monitorSeconds = metrics.monitors?.monitorSeconds ?? 0;
    this.#trainSeconds += this.#start.spec.batch / metrics.imagesPerSecond + monitorSeconds;
    this.#waitSeconds += metrics.waitSeconds;
    const resources = this.#resources.read();
    const line = resources ? { ...metrics, resources } : metrics;
    this.#unsaved.push(line);
    this.#send({ type: 'step', metrics: line });
  }

  #firstValues({ instance }: Session): Promise<Record<string, Float32Array>> {
    return initialValues(instance.parameters, this.#start.spec, { get: (key) => this.#store.get(key), sha256 });
  }

  /** Lets messages in between two steps, then waits for the batch. A wait that a stop cuts short repeats the loop's check. */
  async #batch(cursor: { epoch: number; batch: number }) {
    await new Promise(setImmediate);
    this.#send({ type: 'cursor', cursor });
    return this.#batches.batch(cursor);
  }

  /** Returns once the worker has replaced the head with one that names the checkpoint. */
  async #commit(checkpoint: Omit<Extract<FromTrainer, { type: 'checkpoint' }>, 'type'>): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#committed = { step: checkpoint.entry.step, resolve };
      this.#send({ type: 'checkpoint', ...checkpoint });
    });
    this.#committed = undefined;
  }
}

type Device = ReturnType<typeof expectedDevice>;

function declined(wanted: Device, device: Device): string {
  const reason = `the run was resolved for ${wanted}, this machine has ${device}`;
  if (device === expectedDevice()) return reason;
  return `${reason}: TensorFlow did not take its GPU; TF_CPP_MIN_LOG_LEVEL=0 in the environment of pretrain has it say why, UNLABEL_DEVICE=cpu does without it`;
}
