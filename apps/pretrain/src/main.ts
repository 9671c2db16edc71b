// Owns one run at a time: of every method, or of those that UNLABEL_METHODS names.
import { availableParallelism } from 'node:os';

import { jobConsumers } from '#lib/bus';
import { keys, type PretrainJob, pretrainJobSchema } from '#lib/contracts';
import { deviceMemory, expectedDevice, hasBfloat16 } from '#lib/engine';
import { findMethod, methods } from '#lib/methods';
import { runWorker } from '#lib/service';

import { readHead } from './claim.ts';
import { ownRun } from './own-run.ts';
import { RunFigures } from './run-figures.ts';

/** A run that is told to stop ends its step and writes a checkpoint: as long as a slow step takes. */
const drainMs = 25_000;
/** Building a step and a step of a large model on a busy machine take minutes at most. */
const stallMs = 600_000;

runWorker<PretrainJob>('pretrain', async ({ config, bus, store, storage, metrics, log }) => {
  const served = (config.methods ?? Object.keys(methods)).map((name) => findMethod(name).name);
  const device = expectedDevice();
  const threads = config.threads ?? availableParallelism();
  const figures = new RunFigures(metrics.registry);
  const machine = { device, threads, bfloat16: hasBfloat16(device) };
  return {
    name: 'pretrain',
    consumers: jobConsumers('pretrain', served),
    schema: pretrainJobSchema,
    concurrency: 1,
    memory: deviceMemory(machine.device),
    stallMs,
    drainMs,
    resultKey: ({ run }) => keys.runHead(run),
    countStrikes: async ({ run }) => (await readHead(store, run)).head.attemptsSinceAdvance,
    handle: (job) => ownRun({ bus, store, storage, machine, figures, log }, job),
  };
});
