import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import { ControlClient } from '#lib/client';
import { ingestOptionsSchema, type RunSpec, UsageError } from '#lib/contracts';
import { trainingEnvironment } from '#lib/engine';

import { endStack, joinStack } from '../../apps/cli/src/stack/join-stack.ts';

/** Steps left out at the start of each measurement: the first ones fill caches and allocate. */
const warmUpSteps = 3;
const recipes = ['demo-simsiam', 'demo-mae'];

interface Round {
  recipe: string;
  bare: number;
  pipeline: number;
  waited: number;
}

/**
 * Training through the services against the bare step, both on this machine, in turns: images per second, the share of
 * time spent waiting for views, and the ratio. All services, augmentation included, run on the same cores.
 *
 *     npm run bench -- throughput --data cifar-10-train-images.tar [--rounds 3] [--fraction 0.2]
 */
async function throughputBench(words: string[]): Promise<void> {
  const flags = parseFlags(words);
  const home = await mkdtemp(join(tmpdir(), 'unlabel-bench-'));
  process.env['UNLABEL_HOME'] = home;
  const { stack } = await joinStack((line) => process.stderr.write(`${line}\n`));
  try {
    const client = new ControlClient(stack.control);
    await ingest(client, flags);
    const rounds: Round[] = [];
    for (let round = 0; round < flags.rounds; round++)
      for (const recipe of recipes) {
        const measured = await measureRound(client, recipe, round);
        rounds.push(measured);
        process.stdout.write(`round ${round + 1} ${line(measured)}\n`);
      }
    process.stdout.write(
      `\n${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores; medians of ${flags.rounds}\n`,
    );
    for (const recipe of recipes) {
      const own = rounds.filter((measured) => measured.recipe === recipe);
      const of = (key: 'bare' | 'pipeline' | 'waited') => median(own.map((measured) => measured[key]));
      const ratio = median(own.map(({ bare, pipeline }) => pipeline / bare));
      process.stdout.write(
        `${recipe}: bare step ${of('bare').toFixed(0)} img/s, through the services ${of('pipeline').toFixed(0)} img/s, ratio ${ratio.toFixed(3)}, waited ${(100 * of('waited')).toFixed(1)} %\n`,
      );
    }
  } finally {
    await endStack();
    await rm(home, { recursive: true, force: true });
  }
}

const line = ({ recipe, bare, pipeline, waited }: Round): string =>
  `${recipe}: bare ${bare.toFixed(0)} img/s, services ${pipeline.toFixed(0)} img/s, ratio ${(pipeline / bare).toFixed(3)}, waited ${(100 * waited).toFixed(1)} %`;

function parseFlags(words: string[]): { data: string; rounds: number; fraction: number } {
  const value = (name: string) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
  const data = value('--data');
  const flags = {
    data: data === undefined ? 'fashion-mnist' : resolve(data),
    rounds: Number(value('--rounds') ?? 3),
    fraction: Number(value('--fraction') ?? 0.2),
  };
  if (!(flags.rounds >= 1) || !(flags.fraction > 0 && flags.fraction <= 1))
    throw new UsageError(`bench: --rounds must be 1 or more and --fraction in 0..1, got ${words.join(' ')}`);
  return flags;
}

async function ingest(client: ControlClient, { data, fraction }: { data: string; fraction: number }): Promise<void> {
  await client.ingest({
    dataset: 'bench',
    options: ingestOptionsSchema.parse({ sources: [data], fraction, holdout: 0, tune: 0 }),
  });
  for (;;) {
    const { summary } = await client.dataset('bench');
    if (summary.state === 'ready') return;
    if (summary.state === 'failed') throw new UsageError(`bench: ingest failed: ${summary.reason}`);
    await sleep(200);
  }
}

/** One run through the services, then the bare step of the same spec. A new seed each round, so that no views are shared. */
async function measureRound(client: ControlClient, recipe: string, round: number): Promise<Round> {
  const { run } = await client.startRun({
    recipe,
    dataset: 'bench',
    changes: { epochs: '1', seed: String(100 + round), 'probe.kinds': '[]', monitors: 'null', earlyStopping: 'null' }, // nothing beside what is timed
  });
  for (;;) {
    const { summary } = await client.run(run);
    if (summary.state === 'finished') break;
    if (summary.state !== 'queued' && summary.state !== 'running')
      throw new UsageError(`bench: ${run} is ${summary.state}: ${summary.reason}`);
    await sleep(1000);
  }
  const { spec } = await client.run(run);
  const { metrics } = await client.metrics(run);
  const counted = metrics.slice(warmUpSteps);
  const seconds = ((counted.at(-1)?.at ?? NaN) - (metrics[warmUpSteps - 1]?.at ?? NaN)) / 1000;
  const waited = counted.reduce((total, { waitSeconds }) => total + waitSeconds, 0) / seconds;
  return {
    recipe,
    bare: await bareStep(spec, Math.min(metrics.length, 25)),
    pipeline: (spec.batch * counted.length) / seconds,
    waited,
  };
}

async function bareStep(spec: RunSpec, steps: number): Promise<number> {
  const threads = availableParallelism();
  const env = { ...process.env, ...trainingEnvironment({ intraOpThreads: threads, interOpThreads: threads }) };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-step.ts')], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify({ spec, steps }));
  const { seconds } = JSON.parse(await text(child.stdout)) as { seconds: number[] };
  const counted = seconds.slice(warmUpSteps);
  return (spec.batch * counted.length) / counted.reduce((total, value) => total + value, 0);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

await throughputBench(process.argv.slice(2));
