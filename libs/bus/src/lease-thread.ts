// Runs in a thread of its own, with a connection of its own, so that computing on the main thread can't keep a lease from
// being renewed, nor a stalled main thread from being ended. lease.ts is the other side.
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

import { connect } from '@nats-io/transport-node';

import { connectionOptions } from './connect.ts';
import { type FromKeeper, type KeeperSettings, leaseField, type ToKeeper } from './lease.ts';

const { address, ackWaitMs, stallMs, killOnStall } = workerData as KeeperSettings;
const renewEveryMs = ackWaitMs / 3;
const timers = new Map<number, NodeJS.Timeout>();
const post = (message: FromKeeper) => parentPort?.postMessage(message);

const connection = await connect({
  ...connectionOptions({ ...address, name: `${address.name} leases` }),
  waitOnFirstConnect: true,
});
parentPort?.on('message', (message: ToKeeper) => {
  if (message.type === 'hold') hold(message);
  else release(message.id);
});
post({ type: 'ready' });

function release(id: number): void {
  clearInterval(timers.get(id));
  timers.delete(id);
}

function hold({ id, subject, reply, heldSince, state }: ToKeeper & { type: 'hold' }): void {
  const fields = new Int32Array(state);
  let seenProgress = Atomics.load(fields, leaseField.progress);
  let idleMs = 0;
  let lastTick = performance.now();
  const tick = () => {
    if (Atomics.load(fields, leaseField.fenced) === 1) return release(id);
    // A suspended machine or process makes one long gap, which is not the work's fault: a tick counts at most twice its length.
    const now = performance.now();
    idleMs += Math.min(now - lastTick, 2 * renewEveryMs);
    lastTick = now;
    const progress = Atomics.load(fields, leaseField.progress);
    if (progress !== seenProgress) idleMs = 0;
    seenProgress = progress;
    if (idleMs >= stallMs) return stalled(id, subject);
    void renew(reply, heldSince, fields);
  };
  timers.set(id, setInterval(tick, renewEveryMs));
}

/** Asks the server to confirm, so that the worker knows how old its lease is. An absent server is asked again next time. */
async function renew(reply: string, heldSince: number, fields: Int32Array): Promise<void> {
  const sentAt = Date.now();
  try {
    await connection.request(reply, '+WPI', { timeout: Math.max(renewEveryMs, 100) });
    Atomics.store(fields, leaseField.renewedMs, sentAt - heldSince);
  } catch {
    // The lease's age tells the worker.
  }
}

function stalled(id: number, subject: string): void {
  release(id);
  post({ type: 'stalled', id });
  if (!killOnStall) return;
  // Written at once, since this thread's console needs the main thread, which may be the one that hangs.
  writeSync(
    2,
    `${JSON.stringify({ level: 60, subject, stallMs, msg: 'bus: the job made no progress; the worker ends' })}\n`,
  );
  process.kill(process.pid, 'SIGKILL');
}
