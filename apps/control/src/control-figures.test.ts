import { Hono } from 'hono';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';

import type { Pipeline, WorkerPresence } from '#lib/contracts';

import { controlFigures } from './control-figures.ts';
import { serviceRoutes } from './routes/service.ts';
import { requireToken } from './token.ts';

const pipelineOf = (change: Partial<Pipeline['views']> = {}): Pipeline => ({
  stages: [
    { stage: 'augment', pending: 7, inFlight: 2, donePerMinute: 60, workers: [{} as WorkerPresence] },
    { stage: 'probe', pending: 0, inFlight: 0, donePerMinute: 0, workers: [] },
  ],
  runs: [{ run: 'mae-1', imagesPerSecond: 100, waitShare: 0.5, viewsHash: 'a'.repeat(64) }],
  views: { budgetBytes: 1000, usedBytes: 900, blocks: 9, evictedBytes: 50, ...change },
  deadLetters: 3,
  verdict: '',
});

const samples = async (registry: Registry) =>
  (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('one look at the pipeline gives queues, workers, dead letters and the cache', async () => {
  const registry = new Registry();
  let looks = 0;
  controlFigures(registry, async () => (looks++, pipelineOf()));
  expect(await samples(registry)).toEqual([
    'unlabel_queue_waiting_jobs{stage="augment"} 7',
    'unlabel_queue_waiting_jobs{stage="probe"} 0',
    'unlabel_queue_in_flight_jobs{stage="augment"} 2',
    'unlabel_queue_in_flight_jobs{stage="probe"} 0',
    'unlabel_workers{stage="augment"} 1',
    'unlabel_workers{stage="probe"} 0',
    'unlabel_dead_letters 3',
    'unlabel_runs_training 1',
    'unlabel_view_cache_bytes 900',
    'unlabel_view_cache_budget_bytes 1000',
    'unlabel_view_cache_blocks 9',
    'unlabel_view_cache_evicted_bytes_total 50',
  ]);
  expect(looks).toBe(1);
});

test('what was removed is counted once, however often it is looked at', async () => {
  const registry = new Registry();
  controlFigures(registry, async () => pipelineOf({ evictedBytes: 70 }));
  for (let i = 0; i < 3; i++) expect(await samples(registry)).toContain('unlabel_view_cache_evicted_bytes_total 70');
});

test('a pipeline that can not be seen leaves its gauges without samples, and the scrape works', async () => {
  const registry = new Registry();
  controlFigures(registry, () => Promise.reject(new Error('NATS is away')));
  expect(await samples(registry)).toEqual(['unlabel_view_cache_evicted_bytes_total 0']);
});

test('figures need the token where there is one; life and readiness do not', async () => {
  const app = new Hono();
  const registry = new Registry();
  let isReady = false;
  const token = 'a token of enough characters';
  app.use(requireToken({ host: '0.0.0.0', token }));
  serviceRoutes(app, { registry, isReady: () => isReady });
  expect((await app.request('/healthz')).status).toBe(200);
  expect((await app.request('/readyz')).status).toBe(503);
  isReady = true;
  expect((await app.request('/readyz')).status).toBe(200);
  expect((await app.request('/metrics')).status).toBe(401);
  const answer = await app.request('/metrics', { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe(registry.contentType);
});
