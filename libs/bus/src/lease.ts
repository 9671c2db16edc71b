import { Worker } from 'node:worker_threads';

import { type Bus, type BusAddress } from './connect.ts';

/** Numbers that both threads see, by index. */
export const leaseField = { progress: 0, fenced: 1, renewedMs: 2 } as const;

export interface KeeperSettings {
  address: BusAddress;
  ackWaitMs: number;
  stallMs: number;
  killOnStall: boolean;
}

export type ToKeeper =
  | { type: 'hold'; id: number; subject: string; reply: string; heldSince: number; state: SharedArrayBuffer }
  | { type: 'release'; id: number };
export type FromKeeper = { type: 'ready' } | { type: 'stalled'; id: number };

/** The right to work on one delivery, renewed until released as long as the work advances. */
export interface Lease {
  /** Says that the work advanced; cheap enough for every image or step. */
  progress(): void;
  /** Ends the renewal for good, at once. */
  fence(): void;
  /** Whether the server surely still counts this delivery as held: the last confirmed renewal is younger than the ack wait. */
  isFresh(): boolean;
  release(): void;
}

export interface LeaseKeeper {
  hold(subject: string, reply: string): Lease;
  close(): Promise<void>;
}

export interface LeaseOptions {
  ackWaitMs: number;
  stallMs: number;
  /** Called when a job stalled. Without it the thread kills the process, even one whose main thread hangs. */
  onStall?: ((subject: string) => void) | undefined;
  /** Called when the thread itself failed: no lease would be renewed any more. */
  onFailure(error: Error): void;
}

/** Starts the thread that renews leases every third of the ack wait, and waits until it is connected. */
export async function openLeaseKeeper(bus: Bus, options: LeaseOptions): Promise<LeaseKeeper> {
  const { ackWaitMs, stallMs, onStall } = options;
  const settings: KeeperSettings = { address: bus.address, ackWaitMs, stallMs, killOnStall: onStall === undefined };
  const thread = new Worker(new URL('./lease-thread.ts', import.meta.url), { workerData: settings, execArgv: [] });
  const subjectsHeld = new Map<number, string>();
  let lastId = 0;
  await new Promise<void>((resolve, reject) => {
    thread.on('message', (message: FromKeeper) => {
      if (message.type === 'ready') return resolve();
      const subject = subjectsHeld.get(message.id);
      if (subject !== undefined) onStall?.(subject);
    });
    thread.on('error', (error: Error) => {
      reject(error);
      options.onFailure(error);
    });
  });
  thread.unref();
  const post = (message: ToKeeper) => thread.postMessage(message);
  return {
    hold(subject, reply) {
      const id = ++lastId;
      const heldSince = Date.now();
      const state = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
      const fields = new Int32Array(state);
      subjectsHeld.set(id, subject);
      post({ type: 'hold', id, subject, reply, heldSince, state });
      return {
        progress: () => void Atomics.add(fields, leaseField.progress, 1),
        fence: () => void Atomics.store(fields, leaseField.fenced, 1),
        isFresh: () => Date.now() - heldSince - Atomics.load(fields, leaseField.renewedMs) < ackWaitMs,
        release() {
          subjectsHeld.delete(id);
          post({ type: 'release', id });
        },
      };
    },
    async close() {
      await thread.terminate();
    },
  };
}
