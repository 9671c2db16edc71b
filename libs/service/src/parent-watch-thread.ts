// Runs in a thread of its own, so that a main thread that hangs in native code can't outlive the worker that would have killed it.
import { workerData } from 'node:worker_threads';

const { parentPid } = workerData as { parentPid: number };
const lookEveryMs = 500;

setInterval(() => {
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, lookEveryMs);
