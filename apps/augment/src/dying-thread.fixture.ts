// Loaded before the service's own code (--import): the thread that makes blocks ends at its first job.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';

const isBlockThread = !isMainThread && typeof (workerData as { storage?: unknown } | null)?.storage === 'string';
if (isBlockThread) parentPort?.once('message', () => process.exit(7));
