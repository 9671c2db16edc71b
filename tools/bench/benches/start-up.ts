import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { z } from 'zod';

import { UnlabelError } from '#lib/contracts';

import { buildDashboard } from '../../../apps/cli/src/stack/build-dashboard.ts';
import { root } from '../../../apps/cli/src/stack/paths.ts';
import { type BenchContext, defineBench } from '../bench.ts';
import { partFlag } from '../flag-schemas.ts';
import { MemoryWatch } from '../measuring/process-memory.ts';
import { isFinished, LocalStack } from '../pipeline/local-stack.ts';
import { tableOf } from '../report/report.ts';

const recipes = ['demo-simsiam', 'demo-mae'];

export const bench = defineBench({
  title: 'Start-up and memory',
  about: 'Seconds until `up` answers and until a run has taken its first step, and the peak memory of every process.',
  flags: z.strictObject({
    data: z.string().default('fashion-mnist').describe('a tar, a folder or a name of the catalogue'),
    fraction: partFlag.prefault('0.1').describe('keep this part of each class'),
  }),
  short: { fraction: '0.05' },
  async run({ data, fraction }, context) {
    await buildDashboard(context.say); // once a checkout: no part of a start
    const times: { what: string; seconds: number }[] = [];
    const { seconds, end } = await timeUp(context);
    times.push({ what: '`./unlabel up` until it answers', seconds });
    try {
      await using stack = await LocalStack.start(context); // joins it
      const watch = new MemoryWatch(stack.stack.supervisorPid);
      await stack.ingest('bench', data, fraction);
      for (const recipe of recipes) {
        context.say(`the first step of ${recipe}`);
        const startMs = performance.now();
        let firstMs: number | undefined;
        await stack.train(recipe, { epochs: '1' }, async (detail) => {
          const { metrics } = await stack.client.metrics(detail.summary.run);
          const [first] = metrics;
          firstMs ??= first && first.at - performance.timeOrigin - startMs;
          return isFinished(detail);
        });
        times.push({
          what: `a run of ${recipe}: from the request to its first step`,
          seconds: (firstMs ?? NaN) / 1000,
        });
      }
      watch.look();
      const processes = watch.end().map(({ title, bytes }) => ({ process: title, 'peak RSS MB': bytes / 1e6 }));
      return {
        tables: [
          tableOf({ what: 0, seconds: 2 }, times),
          tableOf(
            { process: 0, 'peak RSS MB': 0 },
            processes,
            `Ingest of ${data}, ${recipes.join(' and ')}, an epoch each`,
          ),
        ],
        notes: ['the dashboard was built before; pages that processes share count for each'],
      };
    } finally {
      await end();
    }
  },
});

/** Starts the stack as a user does. @returns the seconds until it said where it is, and how to end the command */
async function timeUp({ folder, signal }: BenchContext): Promise<{ seconds: number; end: () => Promise<void> }> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [join(root, 'apps/cli/src/main.ts'), 'up'], {
    env: { ...process.env, UNLABEL_HOME: join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'ignore'],
    signal,
  });
  child.on('error', () => undefined); // an abort; what it leaves is ended with the stack
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { done } = await lines.next();
  const seconds = (performance.now() - startMs) / 1000;
  if (done) throw new UnlabelError('./unlabel up ended without an answer', { remedy: 'try ./unlabel up by itself' });
  const end = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { seconds, end };
}
