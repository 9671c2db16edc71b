import { setTimeout as sleep } from 'node:timers/promises';

import { ingestOptionsSchema, NotFoundError, type RunDetail } from '#lib/contracts';
import { makeImageFolder } from '#lib/testing';

import type { FaultStack } from './stack.ts';

export const run = 'tested';
const dataset = 'tiny';
const recipe = 'demo-simsiam';
/** Some 50 steps over eight epochs, four checkpoints at fixed steps, one probe, pictures of the start and of the end. */
export const changes: Record<string, string> = {
  'backbone.options.width': '4',
  projectorWidth: '16',
  predictorWidth: '8',
  batch: '16',
  epochs: '8',
  'checkpoint.everyEpochs': '2',
  'checkpoint.everySeconds': '1',
  'probe.k': '5',
  'probe.kinds': '[knn]',
  'probe.trainSamples': '64',
  'probe.pictures': 'last',
  blockSamples: '32',
};
const pollMs = 100;

export class PlayError extends Error {}

/**
 * Looks again and again until something is there; errors meanwhile are those of a control that is away.
 * @param withinMs after which it is given up; default: the patience of the stack
 */
export async function until<T>(
  stack: FaultStack,
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = stack.patienceMs,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      if (error instanceof PlayError) throw error;
      last = error;
    }
    await sleep(pollMs);
  }
  throw new PlayError(`${what} did not happen (last: ${String(last)})\n${stack.lastWords()}`);
}

/** What a user does: ingests images, trains on them, and waits for the figures. @param more changes of the run */
export async function play(stack: FaultStack, more: Record<string, string> = {}): Promise<RunDetail> {
  await ingestImages(stack);
  await startRun(stack, run, more);
  return runEnd(stack, run);
}

/** Makes a dataset of some images, and waits until it is ready. */
export async function ingestImages(stack: FaultStack): Promise<void> {
  const { client } = stack;
  await makeImageFolder(`${stack.folder}/images`, { classes: 3, perClass: 40, size: 16 });
  const options = ingestOptionsSchema.parse({ sources: [`${stack.folder}/images`] });
  await until(stack, 'the call for a dataset', () =>
    asked(
      () => client.ingest({ dataset, options }),
      () => client.dataset(dataset),
    ),
  );
  await until(stack, 'the dataset', async () => {
    const { state, reason } = (await client.dataset(dataset)).summary;
    if (state === 'failed') throw new PlayError(`the dataset failed: ${reason}`);
    return state === 'ready';
  });
}

/** Starts a run, also where control is away for a while. */
export async function startRun(stack: FaultStack, name: string, more: Record<string, string> = {}): Promise<void> {
  const { client } = stack;
  await until(stack, `the call for the run ${name}`, () =>
    asked(
      () => client.startRun({ recipe, dataset, changes: { ...changes, ...more }, run: name }),
      () => client.run(name),
    ),
  );
}

/** Waits until a run is finished and measured. */
export async function runEnd(stack: FaultStack, name: string): Promise<RunDetail> {
  return until(stack, `the end of the run ${name} and its figures`, async () => {
    const detail = await stack.client.run(name);
    const { state, reason } = detail.summary;
    if (state === 'failed' || state === 'blocked') throw new PlayError(`the run ${name} is ${state}: ${reason}`);
    const isProbed = detail.probesPending.length === 0 && detail.probes.length > 0;
    const isPictured = async () => (await stack.client.pictures(name)).steps.every(({ state }) => state === 'made');
    return state === 'finished' && isProbed && (await isPictured()) && detail;
  });
}

/** Calls until what is wanted is there: a call whose answer was lost may have been heard. */
async function asked(call: () => Promise<unknown>, look: () => Promise<unknown>): Promise<true | undefined> {
  const isThere = await look().then(
    () => true,
    (error: unknown) => {
      if (error instanceof NotFoundError || (error as Error).name === 'UsageError') return false;
      throw error;
    },
  );
  if (isThere) return true;
  await call();
  return undefined;
}
