import { setTimeout as sleep } from 'node:timers/promises';

import { runService } from './lifecycle.ts';

runService('fixture', async ({ deadline }) => {
  if (process.env['SLOW_START']) await sleep(300);
  if (process.env['THROW_LATER']) setTimeout(() => void Promise.reject(new Error('nobody caught this')), 50);
  return {
    async stop() {
      process.stdout.write(deadline.aborted ? 'too late\n' : 'drained\n');
    },
  };
});
