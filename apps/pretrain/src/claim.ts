import { randomUUID } from 'node:crypto';

import { canonicalJson, keys, NotFoundError, type RunHead, runHeadSchema, UnlabelError } from '#lib/contracts';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';

/** Another attempt owns the run now: the worker that meets this says not another word about it. */
export class FencedError extends UnlabelError {}

/**
 * A run's head as its owner sees it. Claiming replaces the head with the next attempt and a nonce; every later change
 * is an `If-Match` replacement, so what an owner commits after it lost the run can't arrive.
 */
export class OwnedHead {
  readonly #store: ObjectStore;
  #head: RunHead;
  #version: string;

  private constructor(store: ObjectStore, head: RunHead, version: string) {
    this.#store = store;
    this.#head = head;
    this.#version = version;
  }

  get head(): RunHead {
    return this.#head;
  }

  /** Claims a run for this process. @throws FencedError when another claimed it at the same moment */
  static async claim(store: ObjectStore, run: string): Promise<OwnedHead> {
    const { head, version } = await readHead(store, run);
    const next: RunHead = {
      ...head,
      attempt: head.attempt + 1,
      attemptsSinceAdvance: head.attemptsSinceAdvance + 1,
      nonce: randomUUID(),
      state: 'running',
      reason: null,
      blockedBy: null,
      remedy: null,
      updatedAt: new Date().toISOString(),
    };
    const claimed = await store.replace(keys.runHead(run), jsonBytes(next), version);
    if (claimed !== undefined) return new OwnedHead(store, next, claimed);
    const now = await readHead(store, run); // an SDK retry can lose to itself: one's own nonce means won
    if (now.head.nonce !== next.nonce) throw new FencedError(`run ${run}: another worker claimed it`);
    return new OwnedHead(store, now.head, now.version);
  }

  /**
   * Replaces the head by what `change` makes of it. The wanted state belongs to control, which may have changed it in
   * between: then the change is made again on what is there now.
   */
  async commit(change: (head: RunHead) => Partial<RunHead>): Promise<RunHead> {
    for (;;) {
      const next: RunHead = { ...this.#head, ...change(this.#head), updatedAt: new Date().toISOString() };
      const version = await this.#store.replace(keys.runHead(next.run), jsonBytes(next), this.#version);
      if (version !== undefined) {
        this.#head = next;
        this.#version = version;
        return next;
      }
      const now = await this.refresh();
      // An SDK retry can lose to itself: what then differs from what was to be committed is control's alone.
      const { wanted, updatedAt } = now;
      if (canonicalJson(now) === canonicalJson({ ...next, wanted, updatedAt })) return now;
    }
  }

  /** Reads the head again. @throws FencedError when it names another attempt */
  async refresh(): Promise<RunHead> {
    const before = this.#version;
    const { head, version } = await readHead(this.#store, this.#head.run);
    if (head.nonce !== this.#head.nonce) throw new FencedError(`run ${head.run}: attempt ${head.attempt} owns it now`);
    if (this.#version !== before) return this.#head; // a commit overtook the reading: what is held is newer
    this.#head = head;
    this.#version = version;
    return head;
  }
}

/** Reads and checks a run's head. @throws NotFoundError for a run that doesn't exist */
export async function readHead(store: ObjectStore, run: string): Promise<{ head: RunHead; version: string }> {
  const found = await getJson(store, keys.runHead(run), runHeadSchema);
  if (!found) throw new NotFoundError(`run ${run} has no head in ${store.describe()}`);
  return { head: found.value, version: found.version };
}
