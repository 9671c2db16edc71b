import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import { codeVersion } from '#lib/contracts';

/** A service's figures for Prometheus; everything that measures adds its own to the registry. */
export interface ServiceMetrics {
  registry: Registry;
  /** Counts a job that was begun. */
  jobStarted(): void;
  /** Counts how a job ended, and its time. */
  jobEnded(outcome: string, milliseconds: number): void;
  /** The bus has its server, has lost it, or has it again. */
  busChanged(change: string): void;
}

/**
 * Figures of the process, of its jobs and of its connection to NATS. Names and units follow Prometheus' conventions.
 * @param options.takesJobs false for a service that takes none @default true
 */
export function serviceMetrics(service: string, { takesJobs = true } = {}): ServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'unlabel_build_info',
    help: 'always 1; the labels say what runs',
    labelNames: ['service', 'version'],
    registers,
  }).set({ service, version: codeVersion }, 1);
  const reconnects = new Counter({
    name: 'unlabel_nats_reconnects_total',
    help: 'times that the connection to NATS was lost and came back',
    registers,
  });
  const connected = new Gauge({ name: 'unlabel_nats_connected', help: '1 while NATS answers, else 0', registers });
  return {
    registry,
    ...(takesJobs ? jobFigures(registers) : { jobStarted: () => undefined, jobEnded: () => undefined }),
    busChanged(change) {
      if (change === 'reconnected') reconnects.inc();
      connected.set(change === 'connected' || change === 'reconnected' ? 1 : 0);
    },
  };
}

function jobFigures(registers: Registry[]): Pick<ServiceMetrics, 'jobStarted' | 'jobEnded'> {
  const jobs = new Counter({
    name: 'unlabel_jobs_total',
    help: 'jobs by how they ended: done, handed-back, failed, dead-letter, fenced, abandoned',
    labelNames: ['outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'unlabel_job_duration_seconds',
    help: 'time of a job from its delivery to its end',
    labelNames: ['outcome'],
    buckets: [0.05, 0.2, 1, 5, 30, 120, 600, 3600, 14_400],
    registers,
  });
  const inProgress = new Gauge({ name: 'unlabel_jobs_in_progress', help: 'jobs in work', registers });
  for (const outcome of ['done', 'failed', 'dead-letter']) jobs.inc({ outcome }, 0); // a rate needs its zero
  return {
    jobStarted: () => inProgress.inc(),
    jobEnded(outcome, milliseconds) {
      inProgress.dec();
      jobs.inc({ outcome });
      seconds.observe({ outcome }, milliseconds / 1000);
    },
  };
}
