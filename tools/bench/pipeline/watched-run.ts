import { setTimeout as sleep } from 'node:timers/promises';

import type { RunDetail, StepMetrics } from '#lib/contracts';

import type { BenchContext } from '../bench.ts';
import { processTicks } from '../measuring/machine-load.ts';
import { warmUpSteps } from '../training/our-step-process.ts';
import type { LocalStack } from './local-stack.ts';
import { Watchers } from './watchers.ts';

/** How a run is watched: pages at once, pairs of spans of so many seconds. */
export interface Watching {
  watchers: number;
  pairs: number;
  seconds: number;
}

/** A while of a run. */
export interface Span {
  isWatched: boolean;
  seconds: number;
  imagesPerSecond: number;
  /** what processes beside the training took in it, in hundredths of a second */
  ticks: Map<string, number>;
}

/**
 * One run, alone and watched in turns: of each two pairs the second is turned round, so that what drifts weighs as much on one
 * as on the other, and spans of the same state follow each other, too, which show what differs without a reason.
 * @returns spans in the order of time
 */
export async function watchedRun(
  stack: LocalStack,
  recipe: string,
  { watchers, pairs, seconds }: Watching,
  { say, signal }: BenchContext,
): Promise<Span[]> {
  const hasBegun = async ({ summary }: RunDetail) => summary.step > 2 * warmUpSteps;
  const { summary, spec } = await stack.train(recipe, { epochs: '1000' }, hasBegun);
  const { run } = summary;
  const spans: (Omit<Span, 'imagesPerSecond' | 'seconds'> & { fromMs: number; toMs: number })[] = [];
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
  return spans.map(({ fromMs, toMs, ...span }) => {
    const within = metrics.filter(({ at }) => at >= fromMs && at <= toMs);
    return { ...span, seconds: (toMs - fromMs) / 1000, imagesPerSecond: rateOf(within, spec.batch) };
  });
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

/** Images per second between the first and the last of steps. */
export function rateOf(metrics: readonly StepMetrics[], batch: number): number {
  const [first, last] = [metrics[0], metrics.at(-1)];
  if (!first || !last || metrics.length < 2) throw new Error(`a rate needs two steps at least, got ${metrics.length}`);
  return (1000 * batch * (metrics.length - 1)) / (last.at - first.at);
}
