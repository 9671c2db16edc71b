import { z } from 'zod';

import { type BenchContext, defineBench } from '../bench.ts';
import { countFlag, partFlag } from '../flag-schemas.ts';
import { meanRatio } from '../measuring/mean-ratio.ts';
import { median } from '../measuring/median.ts';
import { isFinished, LocalStack } from '../pipeline/local-stack.ts';
import { rateOf, type Span, watchedRun } from '../pipeline/watched-run.ts';
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
    pairs: countFlag(3).prefault('12').describe('of a training alone and watched, in turns'),
    seconds: countFlag().prefault('20').describe('of each of them'),
    rounds: countFlag().prefault('5').describe('of runs without and with pictures'),
  }),
  short: { pairs: '8', seconds: '10', rounds: '2', fraction: '0.1' },
  async run({ data, fraction, watchers, pairs, seconds, rounds }, context) {
    await using stack = await LocalStack.start(context);
    await stack.ingest('bench', data, fraction);
    const spans = await watchedRun(stack, recipe, { watchers, pairs, seconds }, context);
    const rate = (isWatched: boolean) =>
      spans.filter((span) => span.isWatched === isWatched).map(({ imagesPerSecond }) => imagesPerSecond);
    const watched = { work: `watched by ${watchers} pages`, alone: rate(false), beside: rate(true) };
    const rows = [watched, await pictured(stack, rounds, context)].map(({ work, alone, beside }) => ({
      work,
      'alone img/s': median(alone),
      'with it img/s': median(beside),
      ratio: ratioOf({ alone, beside }),
    }));
    const scatter = [
      { pairs: 'watched against alone', ratios: ratiosOf(watched) },
      { pairs: 'one against the next of the same state', ratios: alikeRatios(spans) },
    ].map(({ pairs, ratios }) => {
      const { mean, standardError } = meanRatio(ratios);
      return { pairs, count: ratios.length, 'mean ratio': mean, 'standard error': standardError };
    });
    const each = ratiosOf(watched).map((ratio) => ratio.toFixed(3));
    return {
      tables: [
        tableOf({ work: 0, 'alone img/s': 0, 'with it img/s': 0, ratio: 3 }, rows),
        tableOf({ pairs: 0, count: 0, 'mean ratio': 3, 'standard error': 3 }, scatter),
        tableOf({ 'part of a processor': 0, 'alone %': 1, 'watched %': 1 }, takesOf(spans)),
      ],
      goals: [{ work: `a run ${watched.work}, against alone`, measured: ratioOf(watched), must: 0.97, aim: 0.99 }],
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

/** Of two spans that follow each other and were both watched or both alone, the later against the earlier. */
const alikeRatios = (spans: readonly Span[]): number[] =>
  spans.flatMap((span, i) => {
    const before = spans[i - 1];
    return before?.isWatched === span.isWatched ? [span.imagesPerSecond / before.imagesPerSecond] : [];
  });

/** What each process takes of a processor, in percent (ticks a second), alone and watched. */
function takesOf(spans: readonly Span[]): Record<string, string | number>[] {
  const percent = (name: string, isWatched: boolean): number =>
    median(
      spans
        .filter((span) => span.isWatched === isWatched)
        .map(({ ticks, seconds }) => (ticks.get(name) ?? 0) / seconds),
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
