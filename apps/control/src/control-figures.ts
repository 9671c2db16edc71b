import { Counter, Gauge, type Registry } from 'prom-client';

import type { Pipeline } from '#lib/contracts';

/** One look at the pipeline serves all gauges of a scrape. */
const sameForMs = 1000;

/**
 * What control sees of the whole pipeline, for Prometheus: queues, workers, dead letters, runs that train, the cache of view blocks. It is looked at when it
 * is asked for; what can't be told then has no sample.
 */
export function controlFigures(registry: Registry, look: () => Promise<Pipeline>): void {
  let looked: { at: number; pipeline: Promise<Pipeline | undefined> } | undefined;
  const pipeline = () => {
    const now = performance.now();
    if (!looked || now - looked.at > sameForMs) looked = { at: now, pipeline: look().catch(() => undefined) };
    return looked.pipeline;
  };
  const gauge = (name: string, help: string, labelNames: string[], set: (gauge: Gauge, pipeline: Pipeline) => void) =>
    new Gauge({
      name: `unlabel_${name}`,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const now = await pipeline();
        this.reset();
        if (now) set(this, now);
        else if (labelNames.length === 0) this.remove(); // a reset leaves a zero
      },
    });
  const ofStages =
    (value: (stage: Pipeline['stages'][number]) => number) =>
    (it: Gauge, { stages }: Pipeline) => {
      for (const stage of stages) it.set({ stage: stage.stage }, value(stage));
    };
  gauge(
    'queue_waiting_jobs',
    'jobs that wait for a worker',
    ['stage'],
    ofStages(({ pending }) => pending),
  );
  gauge(
    'queue_in_flight_jobs',
    'jobs that a worker has',
    ['stage'],
    ofStages(({ inFlight }) => inFlight),
  );
  gauge(
    'workers',
    'workers heard of within the last seconds',
    ['stage'],
    ofStages(({ workers }) => workers.length),
  );
  gauge('dead_letters', 'jobs that were given up and neither retried nor dropped', [], (it, { deadLetters }) =>
    it.set(deadLetters),
  );
  gauge('runs_training', 'runs that train now', [], (it, { runs }) => it.set(runs.length));
  gauge('view_cache_bytes', 'bytes of view blocks', [], (it, { views }) => it.set(views.usedBytes));
  gauge('view_cache_budget_bytes', 'bytes that view blocks may take', [], (it, { views }) => it.set(views.budgetBytes));
  gauge('view_cache_blocks', 'view blocks', [], (it, { views }) => it.set(views.blocks));
  let seen = 0;
  new Counter({
    name: 'unlabel_view_cache_evicted_bytes_total',
    help: 'bytes of view blocks that were removed to keep the budget',
    registers: [registry],
    async collect() {
      const evicted = (await pipeline())?.views.evictedBytes ?? seen;
      this.inc(Math.max(0, evicted - seen));
      seen = Math.max(seen, evicted);
    },
  });
}
