import type { FromTrainer, StepMetrics, ToTrainer } from '#lib/contracts';
import { native } from '#lib/engine';
import type { ObjectStore } from '#lib/storage';
import { train, type TrainingPorts } from '#lib/training';

import { BlockBatches } from './block-batches.ts';
import { saveCheckpoint } from './save.ts';
import { initialState, openSession, resumedState } from './session.ts';

type Start = Extract<ToTrainer, { type: 'start' }>;

/** One run in this process, from its first message to its end. */
export class Training {
  readonly #start: Start;
  readonly #store: ObjectStore;
  readonly #send: (message: FromTrainer) => void;
  readonly #batches: BlockBatches;
  readonly #stop = new AbortController();
  readonly #unsaved: StepMetrics[] = [];
  #committed: { step: number; resolve: () => void } | undefined;
  #trainSeconds: number;
  #waitSeconds: number;

  constructor(start: Start, store: ObjectStore, send: (message: FromTrainer) => void) {
    this.#start = start;
    this.#store = store;
    this.#send = send;
    this.#trainSeconds = start.trainSeconds;
    this.#waitSeconds = start.waitSeconds;
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

  receive(message: Exclude<ToTrainer, Start>): void {
    if (message.type === 'block-ready') this.#batches.wake();
    else if (message.type === 'stop') this.#stop.abort(new Error('stop wanted'));
    else if (this.#committed && message.step === this.#committed.step) this.#committed.resolve();
  }

  async run(): Promise<FromTrainer> {
    const { spec, resolved, resume } = this.#start;
    const { device } = native();
    if (device !== resolved.device)
      return { type: 'declined', reason: `the run was resolved for ${resolved.device}, this machine has ${device}` };
    this.#send({ type: 'alive', doing: 'building the training step' });
    const session = openSession(spec);
    const from = resume ? await resumedState(session, spec, resume, this.#store) : initialState(session, spec);
    this.#send({ type: 'alive', doing: resume ? `resuming at step ${from.step}` : 'starting' });
    this.#send({ type: 'cursor', cursor: from.cursor });
    const plan = { ...session, spec, stepsPerEpoch: resolved.stepsPerEpoch, totalSteps: resolved.totalSteps };
    let step = from.step;
    const ports: TrainingPorts = {
      batch: (cursor) => this.#batch(cursor),
      onStep: (metrics) => {
        step = metrics.step;
        this.#trainSeconds += spec.batch / metrics.imagesPerSecond;
        this.#waitSeconds += metrics.waitSeconds;
        this.#unsaved.push(metrics);
        this.#send({ type: 'step', metrics });
      },
      save: async (state, kind) => {
        const metrics = this.#unsaved.splice(0);
        const context = { store: this.#store, run: this.#start.run, attempt: this.#start.attempt, spec, session };
        const saved = await saveCheckpoint(context, state, kind, metrics);
        await this.#commit({ ...saved, trainSeconds: this.#trainSeconds, waitSeconds: this.#waitSeconds });
      },
      stopWanted: () => this.#stop.signal.aborted,
      nowMs: () => performance.timeOrigin + performance.now(),
    };
    try {
      return { type: 'ended', how: await train(plan, from, ports), step };
    } finally {
      session.step.dispose();
    }
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
