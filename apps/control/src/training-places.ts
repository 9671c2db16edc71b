import { presenceExpiresMs, type TrainingPlace, type WorkerPresence, workerPresenceSchema } from '#lib/contracts';

/** Machines of the pretraining workers that are here, by what they say of themselves every few seconds. */
export class TrainingPlaces {
  readonly #workers = new Map<string, { presence: WorkerPresence; heardMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Takes a message of the bus; those that are no presence are left alone. */
  receive(message: unknown): void {
    const parsed = workerPresenceSchema.safeParse(message);
    if (!parsed.success || parsed.data.stage !== 'pretrain') return;
    const { worker, state } = parsed.data;
    if (state === 'stopped') this.#workers.delete(worker);
    else this.#workers.set(worker, { presence: parsed.data, heardMs: this.#nowMs() });
  }

  /** Where a method's run may train now, as far as workers said how much memory they have; those with most of it first. */
  of(method: string): TrainingPlace[] {
    const since = this.#nowMs() - presenceExpiresMs;
    const places = [...this.#workers.values()]
      .filter(({ presence, heardMs }) => heardMs >= since && presence.methods.includes(method))
      .flatMap(({ presence: { host, memory } }) =>
        memory ? [{ name: memory.device === 'gpu' ? `the GPU of ${host}` : host, ...memory }] : [],
      );
    return [...new Map(places.map((place) => [`${place.name} ${place.bytes}`, place])).values()].sort(
      (a, b) => b.bytes - a.bytes,
    );
  }
}
