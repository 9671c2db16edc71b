import { Worker } from 'node:worker_threads';

/**
 * Ends this process when the one that forked it is gone, however that ended: at once where the main thread is free to see that the
 * channel closed, and within a second where it computes, or hangs for good.
 */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit(1));
  const thread = new URL('parent-watch-thread.ts', import.meta.url);
  new Worker(thread, { workerData: { parentPid: process.ppid } }).unref();
}
