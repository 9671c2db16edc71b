import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { stepsPerEntry } from '#lib/curves';

import { apiRoutes } from '../../../apps/control/src/routes.ts';
import { requireToken } from '../../../apps/control/src/token.ts';
import { warmUp } from '../../../apps/control/src/warm-up.ts';
import { defineBench } from '../bench.ts';
import { countFlag } from '../flag-schemas.ts';
import { median } from '../measuring/median.ts';
import { manyRuns } from '../pages/many-runs.ts';
import { tableOf } from '../report/report.ts';

const budgetMs = 300;
const megabyte = 1e6;
/** So many a thousand points, as pages ask for, can't be drawn of what is folded. */
const mostUnfoldedSteps = 1000 * (stepsPerEntry - 1);

export const bench = defineBench({
  title: 'Pages of the dashboard',
  about:
    'Milliseconds in which control answers what pages ask, over a folder with many long runs, the first time, and again; where nothing else is said, after it read them ahead.',
  flags: z.strictObject({
    runs: countFlag(11).prefault('200').describe('runs in the folder'),
    steps: countFlag(10_000).prefault('100000').describe('steps of each of them'),
    rounds: countFlag().prefault('11').describe('answers of each kind, after the first'),
  }),
  short: { runs: '40', steps: '20000', rounds: '5' },
  async run({ runs, steps, rounds }, { folder, say, signal }) {
    say(`writing ${runs} runs of ${steps} steps`);
    const { openControl, names } = await manyRuns(folder, runs, steps);
    const guard = requireToken({ host: '127.0.0.1' });
    const warmed = openControl();
    const app = apiRoutes(warmed, guard);
    const memoryBefore = process.memoryUsage().rss;
    const rows: { page: string; 'first, ms': number; 'again, ms': number; kB: number }[] = [];
    const ask = async (path: string, of = app) => {
      signal.throwIfAborted();
      const startMs = performance.now();
      const answer = await of.request(path);
      const { length } = await answer.text();
      if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
      return { ms: performance.now() - startMs, kB: length / 1000 };
    };
    const timed = async (page: string, path: string, of = app) => {
      const first = await ask(path, of);
      const again = [];
      for (let round = 0; round < rounds; round++) again.push((await ask(path, of)).ms);
      rows.push({ page, 'first, ms': first.ms, 'again, ms': median(again), kB: first.kB });
      say(`${page}: ${first.ms.toFixed(0)} ms, again ${median(again).toFixed(0)} ms`);
    };
    const run = names[0] ?? '';
    const justStarted = () => apiRoutes(openControl(), guard);
    const inside = `from=${Math.floor(steps / 2)}&to=${Math.floor(steps / 2) + 900}`;
    const mostUnfolded = `from=${Math.floor(steps / 4)}&to=${Math.floor(steps / 4) + mostUnfoldedSteps - 1}`;
    await timed('curves of a run that no control has read', `/api/runs/${run}/curves`, justStarted());
    await timed(
      'the same of so many steps as are read line by line',
      `/api/runs/${run}/curves?${mostUnfolded}`,
      justStarted(),
    );
    const lost = names.at(-1) ?? '';
    await rm(join(folder, 'storage', 'runs', lost, 'curves'), { recursive: true });
    const { ms: lostMs } = await ask(`/api/runs/${lost}/curves`, justStarted());
    const warmingMs = performance.now();
    const ahead = await warmUp(warmed.runs, signal, new Map(), 0);
    const warming = performance.now() - warmingMs;
    for (const [page, path] of [
      ['list of all runs', '/api/runs'],
      ['a run', `/api/runs/${run}`],
      ['its curves', `/api/runs/${run}/curves`],
      ['900 of its steps, one by one', `/api/runs/${run}/curves?${inside}`],
      ['a sparkline', `/api/runs/${run}/curves?points=40`],
      ['the pipeline, without what NATS takes', '/api/pipeline'],
      ['ten runs compared', `/api/compare?runs=${names.slice(0, 10).join(',')}`],
    ] as const)
      await timed(page, path);
    const memory = (process.memoryUsage().rss - memoryBefore) / megabyte;
    return {
      tables: [tableOf({ page: 0, 'first, ms': 1, 'again, ms': 1, kB: 0 }, rows)],
      goals: rows.flatMap((row) =>
        (['first', 'again'] as const).map((time) => ({
          work: `${row.page}, ${time}: of ${budgetMs} ms, how often it fits`,
          measured: budgetMs / row[`${time}, ms`],
          must: 1,
          aim: time === 'first' ? 1 : 3,
        })),
      ),
      notes: [
        `${runs} runs of ${steps} steps in segments of 1,250, in a folder; answers are serialised, not sent`,
        `${ahead.length} runs were read ahead in ${(warming / 1000).toFixed(1)} s for the first time, without the rests, ${(warming / ahead.length).toFixed(0)} ms a run; the run here is the oldest`,
        `curves of a run of which all that was kept folded is lost: ${lostMs.toFixed(0)} ms, once`,
        `resident memory grew by ${memory.toFixed(0)} MB in all`,
      ],
    };
  },
});
