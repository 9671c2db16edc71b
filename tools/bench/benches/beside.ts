import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import type { RunDetail, StepMetrics } from '#lib/contracts';

import { type BenchContext, defineBench } from '../bench.ts';
import { countFlag, partFlag } from '../flag-schemas.ts';
import { median } from '../measuring/median.ts';
import { isFinished, LocalStack } from '../pipeline/local-stack.ts';
import { Watchers } from '../pipeline/watchers.ts';
import { tableOf } from '../report/report.ts';
import { warmUpSteps } from '../training/our-step-process.ts';

const recipe = 'demo-simsiam';

/** Images per second of a training, alone and with something beside it. */
interface Pair {
  work: string;
  alone: number[];
  beside: number[];
}

export const bench = defineBench({
  title: 'Beside the training',
  about: 'What a run loses by pages that watch it, and by pictures of its checkpoints, all on the same cores.',
  flags: z.strictObject({
    data: z.string().default('fashion-mnist').describe('a tar, a folder or a name of the catalogue'),
    fraction: partFlag.prefault('0.2').describe('keep this part of each class'),
    watchers: countFlag().prefault('50').describe('pages of the run that are open at once'),
    rounds: countFlag().prefault('5'),
    seconds: countFlag().prefault('15').describe('of a training alone and watched, in each round'),
  }),
  short: { rounds: '2', seconds: '10', fraction: '0.1' },
  async run({ data, fraction, watchers, rounds, seconds }, context) {
    await using stack = await LocalStack.start(context);
    await stack.ingest('bench', data, fraction);
    const watching = await watched(stack, { watchers, rounds, seconds }, context);
    const rows = [watching, await pictured(stack, rounds, context)].map(({ work, alone, beside }) => ({
      work,
      'alone img/s': median(alone),
      'with it img/s': median(beside),
      ratio: ratioOf({ alone, beside }),
    }));
    return {
      tables: [tableOf({ work: 0, 'alone img/s': 0, 'with it img/s': 0, ratio: 3 }, rows)],
      goals: [{ work: `a run ${watching.work}, against alone`, measured: ratioOf(watching), must: 0.97, aim: 0.99 }],
      notes: [`${recipe} on ${data}, medians of ${rounds} rounds in turns; pages are connections, nothing is drawn`],
    };
  },
});

const ratioOf = ({ alone, beside }: Pick<Pair, 'alone' | 'beside'>): number =>
  median(beside.map((rate, round) => rate / (alone[round] as number)));

/** One run, alone and watched in turns. */
async function watched(
  stack: LocalStack,
  { watchers, rounds, seconds }: { watchers: number; rounds: number; seconds: number },
  { say, signal }: BenchContext,
): Promise<Pair> {
  const { client } = stack;
  const hasBegun = async ({ summary }: RunDetail) => summary.step > 2 * warmUpSteps;
  const { summary, spec } = await stack.train(recipe, { epochs: '1000' }, hasBegun);
  const { run } = summary;
  const spans: { isWatched: boolean; fromMs: number; toMs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`watched by ${watchers}: round ${round + 1} of ${rounds}`);
    for (const isWatched of round % 2 === 0 ? [false, true] : [true, false]) {
      await using pages = new Watchers(client, run, isWatched ? watchers : 0);
      await sleep(1000, undefined, { signal });
      const fromMs = Date.now();
      await sleep(1000 * seconds, undefined, { signal });
      spans.push({ isWatched, fromMs, toMs: Date.now() });
      if (isWatched && pages.events < watchers) throw new Error(`${watchers} pages got ${pages.events} events only`);
    }
  }
  await client.stopRun(run);
  const isStopped = async () => (await client.run(run)).summary.state === 'stopped';
  while (!(await isStopped())) await sleep(200, undefined, { signal });
  const { metrics } = await client.metrics(run);
  const rates = (isWatched: boolean) =>
    spans
      .filter((span) => span.isWatched === isWatched)
      .map(({ fromMs, toMs }) =>
        rateOf(
          metrics.filter(({ at }) => at >= fromMs && at <= toMs),
          spec.batch,
        ),
      );
  return { work: `watched by ${watchers} pages`, alone: rates(false), beside: rates(true) };
}

/** Runs of some epochs without pictures and with those of each checkpoint, in turns. */
async function pictured(stack: LocalStack, rounds: number, { say }: BenchContext): Promise<Pair> {
  const rates: Record<'none' | 'every', number[]> = { none: [], every: [] };
  for (let round = 0; round < rounds; round++) {
    say(`pictures: round ${round + 1} of ${rounds}`);
    const order = round % 2 === 0 ? (['none', 'every'] as const) : (['every', 'none'] as const);
    for (const [turn, pictures] of order.entries()) {
      const seed = String(2 * round + turn); // its views are made by each run itself
      const changes = { epochs: '4', 'checkpoint.everyEpochs': '1', 'probe.pictures': pictures, seed };
      const { summary, spec } = await stack.train(recipe, changes, isFinished);
      const { metrics } = await stack.client.metrics(summary.run);
      rates[pictures].push(rateOf(metrics.slice(warmUpSteps), spec.batch));
    }
  }
  return { work: 'pictures of each of 4 epochs', alone: rates.none, beside: rates.every };
}

/** Images per second between the first and the last of steps. */
function rateOf(metrics: readonly StepMetrics[], batch: number): number {
  const [first, last] = [metrics[0], metrics.at(-1)];
  if (!first || !last || metrics.length < 2) throw new Error(`a rate needs two steps at least, got ${metrics.length}`);
  return (1000 * batch * (metrics.length - 1)) / (last.at - first.at);
}
