import { setTimeout as sleep } from 'node:timers/promises';

import { runService } from './lifecycle.ts';

runService('fixture', async () => {
  if (process.env['SLOW_START']) await sleep(300);
  return {
    async stop() {
      process.stdout.write('drained\n');
    },
  };
});
