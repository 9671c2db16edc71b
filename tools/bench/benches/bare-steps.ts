import { z } from 'zod';

import { computationInWords, computePrecisionSchema, UnlabelError } from '#lib/contracts';

import { defineBench } from '../bench.ts';
import { countFlag } from '../flag-schemas.ts';
import { median } from '../measuring/median.ts';
import { tableOf } from '../report/report.ts';
import { OurStepProcess, warmUpSteps } from '../training/our-step-process.ts';
import { fits, waysHere } from '../training/ways.ts';
import { findWork, specOfWork, works } from '../training/work.ts';

const columns = {
  work: 0,
  computed: 0,
  engine: 0,
  'images/s': 1,
  'ms a step': 0,
  'first step s': 1,
  'peak RSS MB': 0,
  parameters: 0,
};

export const bench = defineBench({
  title: 'Bare step',
  about: 'The training step on batches that are in memory already, without services, on every core.',
  flags: z.strictObject({
    work: z
      .string()
      .transform((name) => findWork(name).name)
      .optional()
      .describe('one of them; default: all'),
    precision: computePrecisionSchema.optional().describe('default: each that this machine has'),
    xla: z.boolean().default(false).describe('with XLA, too'),
    engine: z.enum(['captured', 'eager']).default('captured'),
    steps: countFlag().prefault('12').describe('that are timed, after some that are not'),
  }),
  short: { steps: '5' },
  async run({ work: name, precision, xla, engine, steps }, { say, signal }) {
    const ways = waysHere().filter((way) => (xla || !way.xla) && (precision ?? way.precision) === way.precision);
    if (ways.length === 0)
      throw new UnlabelError(`this machine has no ${precision}`, { remedy: 'use --precision float32' });
    if (engine === 'eager' && ways.some((way) => way.xla || way.precision !== 'float32'))
      throw new UnlabelError('the eager engine computes in float32 without XLA only', {
        remedy: 'add --precision float32',
      });
    const rows = [];
    for (const work of works.filter((known) => (name ?? known.name) === known.name)) {
      const spec = await specOfWork(work, engine);
      for (const way of ways.filter((way) => fits(spec, way))) {
        signal.throwIfAborted();
        say(`${work.title}, ${computationInWords(way)}`);
        const startedMs = performance.now();
        await using process = await OurStepProcess.start(spec, way);
        await process.run(1);
        const firstSeconds = (performance.now() - startedMs) / 1000;
        await process.run(warmUpSteps - 1);
        const seconds = median(await process.run(steps));
        const peak = process.peakBytes();
        rows.push({
          work: work.title,
          computed: process.name,
          engine,
          'images/s': spec.batch / seconds,
          'ms a step': 1000 * seconds,
          'first step s': firstSeconds,
          'peak RSS MB': peak === undefined ? null : peak / 1e6,
          parameters: process.parameters,
        });
      }
    }
    return {
      tables: [tableOf(columns, rows)],
      notes: [`medians of ${steps} steps; the first step counts from the start of its process`],
    };
  },
});
