import { expect, test } from 'vitest';

import { serveHealth } from './health.ts';

test('lives at once, is ready when it says so, and counts jobs', async () => {
  const health = await serveHealth({});
  const at = (path: string) => fetch(`http://127.0.0.1:${health.port}${path}`);
  expect((await at('/healthz')).status).toBe(200);
  expect((await at('/readyz')).status).toBe(503);
  let connected = true;
  health.readyWhile(() => connected);
  expect((await at('/readyz')).status).toBe(200);
  connected = false;
  expect((await at('/readyz')).status).toBe(503);
  health.job('done', 1200);
  const metrics = await (await at('/metrics')).text();
  expect(metrics).toContain('unlabel_jobs_total{outcome="done"} 1');
  expect(metrics).toContain('unlabel_job_seconds_count 1');
  expect((await at('/elsewhere')).status).toBe(404);
  await health.close();
});
