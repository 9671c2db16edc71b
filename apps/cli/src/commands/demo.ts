import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ControlClient } from '#lib/client';
import { type DatasetSummary, probeInWords, type RunSummary, UnlabelError } from '#lib/contracts';

import { chooseDataset, type DatasetChoice, ingestOnce } from '../choose-dataset.ts';
import { comparisonTable } from '../comparison-table.ts';
import type { Context } from '../context.ts';
import { followRun } from '../follow.ts';
import { interrupted } from '../interrupted.ts';
import { Progress } from '../output/progress.ts';
import { endStack, joinStack } from '../stack/join-stack.ts';
import { sayTunnel } from '../tunnel.ts';
import { ingestOptions } from './ingest.ts';

export interface DemoFlags {
  data?: string;
  exit?: boolean;
}

const recipes = ['demo-simsiam', 'demo-mae'];

/** The brief's experiment in small: real images, two methods, one table with baselines. What is there already is reused. */
export async function demo(context: Context, flags: DemoFlags): Promise<number> {
  const { started } = await joinStack(context.say);
  const client = await context.control();
  context.print(`dashboard  ${client.address}`);
  sayTunnel(context.say, client.address);
  const stop = interrupted();
  try {
    const done = await experiment(context, client, flags, stop.signal);
    if (done && process.stdout.isTTY && !flags.exit) {
      context.say(`the dashboard stays up at ${client.address}; Ctrl-C ends it`);
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
    }
    if (!done) context.say('interrupted; npm start goes on from here');
    return done ? 0 : 130;
  } finally {
    stop.dispose();
    if (started) await endStack();
  }
}

async function experiment(
  context: Context,
  client: ControlClient,
  flags: DemoFlags,
  signal: AbortSignal,
): Promise<boolean> {
  const dataset = await dataOf({ context, client, signal }, flags);
  if (!dataset) return false;
  const runs: string[] = [];
  for (const recipe of recipes) {
    const run = await reuseOrStart(context, client, recipe, dataset);
    const summary = await followRun(client, run, signal);
    if (!summary) return false;
    if (summary.state !== 'finished')
      throw new UnlabelError(`${run} is ${summary.state}: ${summary.reason ?? 'no reason given'}`, {
        remedy: summary.remedy ?? `./unlabel resume ${run}`,
      });
    runs.push(run);
  }
  if (!(await waitForProbes(client, runs, signal))) return false;
  context.print(`\n${comparisonTable(await client.compare({ runs }))}`);
  return true;
}

/** The user's own images, or CIFAR-10 where it can be had, else Fashion-MNIST. */
async function dataOf(choice: DatasetChoice, { data }: DemoFlags): Promise<DatasetSummary | undefined> {
  if (data === undefined)
    return chooseDataset(choice, ['cifar10', 'fashion-mnist'], '--data PATH takes your own images');
  choice.context.say(`data: ${data}`);
  return ingestOnce(choice, 'demo-data', await ingestOptions([data], {}));
}

/** A run of this recipe on the same images that is finished or can go on is reused. */
async function reuseOrStart(
  context: Context,
  client: ControlClient,
  recipe: string,
  dataset: DatasetSummary,
): Promise<string> {
  const reusable = new Set<RunSummary['state']>(['queued', 'running', 'stopped', 'finished']);
  for (const summary of await client.runs()) {
    if (summary.recipe !== recipe || summary.dataset !== dataset.dataset || !reusable.has(summary.state)) continue;
    const { spec } = await client.run(summary.run);
    if (spec.dataset.contentHash !== dataset.contentHash) continue;
    if (summary.state === 'stopped') await client.resumeRun(summary.run);
    context.say(summary.state === 'finished' ? `${summary.run} is finished already` : `going on with ${summary.run}`);
    return summary.run;
  }
  const { run, notes } = await client.startRun({ recipe, dataset: dataset.dataset, changes: {} });
  for (const note of notes) context.say(note);
  return run;
}

async function waitForProbes(client: ControlClient, runs: string[], signal: AbortSignal): Promise<boolean> {
  const progress = new Progress();
  for (;;) {
    const details = await Promise.all(runs.map((run) => client.run(run)));
    const pending = details.flatMap(({ summary, spec, probesPending }) =>
      probesPending.map((probe) => probeInWords(probe, spec, summary.run)),
    );
    if (pending.length === 0) {
      progress.end('probed');
      return true;
    }
    progress.update(`probing: ${pending.length} to go, next ${pending[0]}`);
    await sleep(1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
  }
}
