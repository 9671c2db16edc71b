import { presenceExpiresMs, type WorkerPresence, workerPresenceSchema } from '#lib/contracts';

/** Workers that are here, by what they say of themselves every few seconds. */
export class Workers {
  readonly #workers = new Map<string, { presence: WorkerPresence; heardMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Takes a message of the bus; those that are no presence are left alone. */
  receive(message: unknown): void {
    const parsed = workerPresenceSchema.safeParse(message);
    if (!parsed.success) return;
    const { worker, stage, state } = parsed.data;
    const key = `${stage} ${worker}`;
    if (state === 'stopped') this.#workers.delete(key);
    else this.#workers.set(key, { presence: parsed.data, heardMs: this.#nowMs() });
  }

  /** Those heard of lately, by host and name. Others are forgotten. */
  here(): WorkerPresence[] {
    const since = this.#nowMs() - presenceExpiresMs;
    for (const [key, { heardMs }] of this.#workers) if (heardMs < since) this.#workers.delete(key);
    const order = ({ host, worker }: WorkerPresence) => `${host} ${worker}`;
    return [...this.#workers.values()]
      .map(({ presence }) => presence)
      .sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
  }
}
