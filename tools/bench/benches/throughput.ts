import { z } from 'zod';

import { type RunDetail, type StepMetrics } from '#lib/contracts';

import { defineBench } from '../bench.ts';
import { countFlag, partFlag } from '../flag-schemas.ts';
import { median } from '../measuring/median.ts';
import { isFinished, LocalStack } from '../pipeline/local-stack.ts';
import { type Goal, tableOf } from '../report/report.ts';
import { OurStepProcess, warmUpSteps } from '../training/our-step-process.ts';

const recipes = ['demo-simsiam', 'demo-mae'];
/** A median step needs no more of them. */
const mostBareSteps = 25;

interface Round {
  recipe: string;
  views: 'made meanwhile' | 'made before';
  bare: number;
  pipeline: number;
  waited: number;
}

const goals = { 'made meanwhile': { must: 0.9, aim: 0.95 }, 'made before': { must: 0.95, aim: 0.98 } };

export const bench = defineBench({
  title: 'Pipeline against bare step',
  about:
    'Training through the services against the bare step, in turns: all services, augmentation included, on the same cores.',
  flags: z.strictObject({
    data: z.string().default('fashion-mnist').describe('a tar, a folder or a name of the catalogue'),
    rounds: countFlag().prefault('3'),
    fraction: partFlag.prefault('0.2').describe('keep this part of each class'),
    precision: z.enum(['float32', 'bfloat16', 'auto']).default('float32'),
  }),
  short: { rounds: '1', fraction: '0.15' },
  async run({ data, rounds, fraction, precision }, context) {
    await using stack = await LocalStack.start(context);
    await stack.ingest('bench', data, fraction);
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++)
      for (const recipe of recipes) {
        context.say(`round ${round + 1} of ${rounds}: ${recipe}`);
        measured.push(...(await measureRound(stack, recipe, { precision, seed: String(100 + round) })));
      }
    const groups = [...Map.groupBy(measured, ({ recipe, views }) => `${recipe}, views ${views}`)].map(groupOf);
    return {
      tables: [
        tableOf(
          { work: 0, 'bare img/s': 0, 'services img/s': 0, ratio: 3, 'waited %': 1 },
          groups.map(({ row }) => row),
        ),
      ],
      goals: groups.map(({ goal }) => goal),
      notes: [
        `medians of ${rounds} rounds on ${data}; waited: part of the training time without a batch`,
        'views made meanwhile: a seed of its own, so none is there already; made before: a second run on the same views',
      ],
    };
  },
});

function groupOf([work, own]: [string, Round[]]) {
  const of = (key: 'bare' | 'pipeline' | 'waited') => median(own.map((round) => round[key]));
  const ratio = median(own.map(({ bare, pipeline }) => pipeline / bare));
  const row = {
    work,
    'bare img/s': of('bare'),
    'services img/s': of('pipeline'),
    ratio,
    'waited %': 100 * of('waited'),
  };
  const goal: Goal = {
    work: `pipeline against bare step: ${work}`,
    measured: ratio,
    ...goals[own[0]?.views ?? 'made before'],
  };
  return { row, goal };
}

/** A run through the services, the bare step of the same spec, and a second run whose views are there already. */
async function measureRound(
  stack: LocalStack,
  recipe: string,
  changes: { precision: string; seed: string },
): Promise<Round[]> {
  const train = async (more: Record<string, string>) => {
    const detail = await stack.train(recipe, { epochs: '1', ...changes, ...more }, isFinished);
    const { metrics } = await stack.client.metrics(detail.summary.run);
    return { detail, metrics, ...ratesOf(detail, metrics) };
  };
  const first = await train({});
  const bare = await bareStep(first.detail, Math.min(first.metrics.length, mostBareSteps));
  // another learning rate is another run on the same views
  const second = await train({ 'learningRate.base': String(first.detail.spec.learningRate.base / 2) });
  return [
    { recipe, bare, views: 'made meanwhile', pipeline: first.pipeline, waited: first.waited },
    { recipe, bare, views: 'made before', pipeline: second.pipeline, waited: second.waited },
  ];
}

function ratesOf({ spec }: RunDetail, metrics: readonly StepMetrics[]) {
  const counted = metrics.slice(warmUpSteps);
  const seconds = ((counted.at(-1)?.at ?? NaN) - (metrics[warmUpSteps - 1]?.at ?? NaN)) / 1000;
  const waited = counted.reduce((total, { waitSeconds }) => total + waitSeconds, 0) / seconds;
  return { pipeline: (spec.batch * counted.length) / seconds, waited };
}

/** Images per second of the bare step, computed as the run was. */
async function bareStep({ spec, resolved }: RunDetail, steps: number): Promise<number> {
  if (!resolved) throw new Error(`${spec.recipe}: a run that has ended was never resolved`);
  const { precision, xla, sideBySide } = resolved.computation;
  await using process = await OurStepProcess.start(spec, { precision, xla, sideBySide });
  await process.run(warmUpSteps);
  const seconds = await process.run(steps);
  return (spec.batch * steps) / seconds.reduce((total, value) => total + value, 0);
}
