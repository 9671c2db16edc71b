import { z } from 'zod';

import { computePrecisionSchema, UnlabelError } from '#lib/contracts';

import { defineBench } from '../bench.ts';
import { countFlag } from '../flag-schemas.ts';
import { type Comparison, compareSteps } from '../pytorch/compare-steps.ts';
import { bestTable, goalOf, pairingTable } from '../pytorch/comparison-tables.ts';
import { waysHere } from '../training/ways.ts';
import { findWork, works } from '../training/work.ts';

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
      tables: comparisons.length === 0 ? [] : [bestTable(comparisons), ...comparisons.map(pairingTable)],
      goals: precision === undefined ? chosen.flatMap((work) => goalOf(work, comparisons)) : [], // they are of the best of all
      notes: [
        'ratio: images per second of ours over PyTorch’s; the median over the rounds of the ratios within a round',
        `${rounds} rounds of ${steps} steps; of each of our ways counts the ratio to PyTorch’s fastest beside it, of these the largest`,
        'PyTorch’s variants that are over 15 % slower than its fastest of their precision are timed beside the first of our ways only',
        'both sides started from the same parameters and batch in float32; names and shapes of the parameters and the losses of the first three steps agree',
        'ours also computes the norm of the gradients and the spread of the embeddings in every step, PyTorch only the loss',
        `PyTorch ${python.versions['torch']}: fused optimiser, channels last for convolutions, torch.compile with inductor, bfloat16 by autocast, attention by its fused kernel or written out; its allocator keeps memory (GLIBC_TUNABLES)`,
        ...comparisons.flatMap((comparison) => comparison.notes),
      ],
      error: failures.length === 0 ? null : failures.join('; '),
    };
  },
});
