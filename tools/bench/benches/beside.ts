import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import type { RunDetail, StepMetrics } from '#lib/contracts';

import { type BenchContext, defineBench } from '../bench.ts';
import { countFlag, partFlag } from '../flag-schemas.ts';
import { processTicks } from '../measuring/machine-load.ts';
import { median } from '../measuring/median.ts';
import { isFinished, LocalStack } from '../pipeline/local-stack.ts';
import { Watchers } from '../pipeline/watchers.ts';
import { tableOf } from '../report/report.ts';
import { warmUpSteps } from '../training/our-step-process.ts';

const recipe = 'demo-simsiam';
/** of /proc: Linux counts in hundredths of a second for everyone */
const msPerTick = 10;

/** Images per second of a training, alone and with something beside it. */
interface Pair {
  work: string;
  alone: number[];
  beside: number[];
}

/** How a run is watched: pages at once, pairs of spans of so many seconds. */
interface Watching {
  watchers: number;
  pairs: number;
  seconds: number;
}

export const bench = defineBench({
  title: 'Beside the training',
  about: 'What a run loses by pages that watch it, and by pictures of its checkpoints, all on the same cores.',
  flags: z.strictObject({
    data: z.string().default('fashion-mnist').describe('a tar, a folder or a name of the catalogue'),
    fraction: partFlag.prefault('0.2').describe('keep this part of each class'),
    watchers: countFlag().prefault('50').describe('pages of the run that are open at once'),
    pairs: countFlag().prefault('12').describe('of a training alone and watched, in turns'),
    seconds: countFlag().prefault('20').describe('of each of them'),
    rounds: countFlag().prefault('5').describe('of runs without and with pictures'),
  }),
  short: { pairs: '8', seconds: '10', rounds: '2', fraction: '0.1' },
  async run({ data, fraction, watchers, pairs, seconds, rounds }, context) {
    await using stack = await LocalStack.start(context);
    await stack.ingest('bench', data, fraction);
    const { pair: watching, takes } = await watched(stack, { watchers, pairs, seconds }, context);
    const rows = [watching, await pictured(stack, rounds, context)].map(({ work, alone, beside }) => ({
      work,
      'alone img/s': median(alone),
      'with it img/s': median(beside),
      ratio: ratioOf({ alone, beside }),
    }));
    const each = ratiosOf(watching).map((ratio) => ratio.toFixed(3));
    return {
      tables: [
        tableOf({ work: 0, 'alone img/s': 0, 'with it img/s': 0, ratio: 3 }, rows),
        tableOf({ 'part of a processor': 0, 'alone %': 1, 'watched %': 1 }, takes),
      ],
      goals: [{ work: `a run ${watching.work}, against alone`, measured: ratioOf(watching), must: 0.97, aim: 0.99 }],
      notes: [
        `${recipe} on ${data}, medians of ${pairs} pairs and ${rounds} rounds in turns; pages are connections, nothing is drawn`,
        `watched against alone, pair by pair: ${each.join(', ')}`,
      ],
    };
  },
});

const ratiosOf = ({ alone, beside }: Pick<Pair, 'alone' | 'beside'>): number[] =>
  beside.map((rate, round) => rate / (alone[round] as number));
const ratioOf = (pair: Pick<Pair, 'alone' | 'beside'>): number => median(ratiosOf(pair));

/** A while of a run, and the ticks that processes took in it. */
interface Span {
  isWatched: boolean;
  fromMs: number;
  toMs: number;
  ticks: Map<string, number>;
}

/** One run, alone and watched in turns. */
async function watched(
  stack: LocalStack,
  { watchers, pairs, seconds }: Watching,
  { say, signal }: BenchContext,
): Promise<{ pair: Pair; takes: Record<string, string | number>[] }> {
  const hasBegun = async ({ summary }: RunDetail) => summary.step > 2 * warmUpSteps;
  const { summary, spec } = await stack.train(recipe, { epochs: '1000' }, hasBegun);
  const { run } = summary;
  const spans: Span[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    say(`watched by ${watchers}: pair ${pair + 1} of ${pairs}`);
    for (const isWatched of pair % 2 === 0 ? [false, true] : [true, false]) {
      await using pages = await Watchers.open(stack.stack.control, run, isWatched ? watchers : 0);
      await sleep(1000, undefined, { signal });
      const [fromMs, before] = [Date.now(), ticksOf(stack)];
      await sleep(1000 * seconds, undefined, { signal });
      const ticks = new Map([...ticksOf(stack)].map(([name, to]) => [name, to - (before.get(name) ?? 0)]));
      spans.push({ isWatched, fromMs, toMs: Date.now(), ticks });
      if (isWatched && pages.events < watchers) throw new Error(`${watchers} pages got ${pages.events} events only`);
    }
  }
  await stack.stop(run);
  const { metrics } = await stack.client.metrics(run);
  const rates = (isWatched: boolean) =>
    spans
      .filter((span) => span.isWatched === isWatched)
      .map(({ fromMs, toMs }) =>
        rateOf(
          metrics.filter(({ at }) => at >= fromMs && at <= toMs),
          spec.batch,
        ),
      );
  const pair = { work: `watched by ${watchers} pages`, alone: rates(false), beside: rates(true) };
  return { pair, takes: takesOf(spans) };
}

/** Ticks that the processes beside the training have taken so far; none on a system that doesn't tell. */
function ticksOf({ stack }: LocalStack): Map<string, number> {
  const processes = [...stack.children, { name: 'these pages', pid: process.pid }];
  return new Map(
    processes.flatMap(({ name, pid }) => {
      const ticks = processTicks(pid);
      return ticks === undefined ? [] : [[name, ticks] as const];
    }),
  );
}

/** What each process takes of a processor, in percent, alone and watched. */
function takesOf(spans: readonly Span[]): Record<string, string | number>[] {
  const percent = (name: string, isWatched: boolean): number =>
    median(
      spans
        .filter((span) => span.isWatched === isWatched)
        .map(({ ticks, fromMs, toMs }) => (100 * msPerTick * (ticks.get(name) ?? 0)) / (toMs - fromMs)),
    );
  return [...(spans[0]?.ticks.keys() ?? [])].map((name) => ({
    'part of a processor': name,
    'alone %': percent(name, false),
    'watched %': percent(name, true),
  }));
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
