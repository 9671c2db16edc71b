import { z } from 'zod';

import { computePrecisionSchema, UnlabelError } from '#lib/contracts';

import { defineBench } from '../bench.ts';
import { countFlag } from '../flag-schemas.ts';
import { bestPairing, type Comparison, compareSteps } from '../pytorch/compare-steps.ts';
import { type Goal, type Table, tableOf } from '../report/report.ts';
import { waysHere } from '../training/ways.ts';
import { findWork, type Work, works } from '../training/work.ts';

export const bench = defineBench({
  title: 'Training step against PyTorch',
  about: 'Our step and PyTorch’s, of the same model, batch, loss and optimiser, in turns within one session.',
  flags: z.strictObject({
    work: z
      .string()
      .transform((name) => findWork(name).name)
      .optional()
      .describe('one of them; default: all that have a goal'),
    precision: computePrecisionSchema.optional().describe('of both sides; default: each that this machine has'),
    rounds: countFlag().prefault('9').describe('turns of each side'),
    steps: countFlag().prefault('3').describe('steps in a turn'),
  }),
  short: { rounds: '5', steps: '2' },
  python: ['torch', 'numpy'],
  needsCompare: true,
  async run({ work: name, precision, rounds, steps }, context) {
    const { python, signal } = context;
    if (!python) throw new Error('steps: there is no Python to compare with');
    const ways = waysHere().filter((way) => (precision ?? way.precision) === way.precision);
    if (ways.length === 0)
      throw new UnlabelError(`this machine has no ${precision}`, { remedy: 'use --precision float32' });
    const chosen = works.filter((work) => (name === undefined ? work.goal !== undefined : work.name === name));
    const comparisons: Comparison[] = [];
    const failures: string[] = [];
    for (const work of chosen)
      try {
        signal.throwIfAborted();
        comparisons.push(await compareSteps(work, ways, { rounds, steps, signal }, { ...context, python }));
      } catch (error) {
        const why = signal.aborted
          ? `${work.title}: interrupted`
          : error instanceof Error
            ? error.message
            : String(error);
        context.say(`failed: ${why}`); // what the others came to is kept
        failures.push(why);
      }
    return {
      tables: [summary(comparisons), ...comparisons.map(allPairings)],
      goals: precision === undefined ? chosen.flatMap((work) => goalOf(work, comparisons)) : [], // they are of the best of all
      notes: [
        'ratio: images per second of ours over PyTorch’s; the median over the rounds of the ratios within a round',
        `${rounds} rounds of ${steps} steps; of each of our ways counts the ratio to PyTorch’s fastest beside it, of these the largest`,
        'PyTorch’s variants that are over 15 % slower than its fastest of their precision are timed beside the first of our ways only',
        'both sides started from the same parameters and batch in float32; names and shapes of the parameters and the losses of the first three steps agree',
        'ours also computes the norm of the gradients and the spread of the embeddings in every step, PyTorch only the loss',
        `PyTorch ${python.versions['torch']}: fused optimiser, channels last for convolutions, torch.compile with inductor, bfloat16 by autocast`,
        ...comparisons.flatMap((comparison) => comparison.notes),
      ],
      error: failures.length === 0 ? null : failures.join('; '),
    };
  },
});

function summary(comparisons: readonly Comparison[]): Table {
  const rows = comparisons.flatMap((comparison) => {
    const { work, batch, parameters, pairings } = comparison;
    const precisions = [...new Set(pairings.map(({ ours }) => ours.split(' ')[0] as string))];
    const kinds = [undefined, ...(precisions.length > 1 ? precisions : [])];
    return kinds.flatMap((precision) => {
      const best = bestPairing(pairings, precision);
      if (!best) return [];
      return {
        work: work.title,
        among: precision ?? 'all',
        ours: best.ours,
        'img/s': batch / best.oursSeconds,
        PyTorch: best.torch,
        'its img/s': batch / best.torchSeconds,
        ratio: best.ratio,
        parameters,
      };
    });
  });
  const columns = { work: 0, among: 0, ours: 0, 'img/s': 1, PyTorch: 0, 'its img/s': 1, ratio: 2, parameters: 0 };
  return tableOf(columns, rows, 'The best of each side’s options');
}

function allPairings({ work, batch, pairings }: Comparison): Table {
  const rows = pairings.map(({ ours, torch, oursSeconds, torchSeconds, ratio }) => ({
    ours,
    'img/s': batch / oursSeconds,
    PyTorch: torch,
    'its img/s': batch / torchSeconds,
    ratio,
  }));
  return tableOf({ ours: 0, 'img/s': 1, PyTorch: 0, 'its img/s': 1, ratio: 2 }, rows, work.title);
}

/** Its figure; null where it could not be measured. */
function goalOf(work: Work, comparisons: readonly Comparison[]): Goal[] {
  if (!work.goal) return [];
  const comparison = comparisons.find((own) => own.work === work);
  const measured = (comparison && bestPairing(comparison.pairings)?.ratio) ?? null;
  return [{ work: `${work.title}, against PyTorch`, measured, ...work.goal }];
}
