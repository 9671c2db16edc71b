import { Counter, Gauge, type Registry } from 'prom-client';

import { type RunSpec, type StepMetrics, waitShareOf } from '#lib/contracts';

/** The share of waiting is that of so many steps. */
const lastSteps = 50;

/** What the runs of this worker do now, for Prometheus. A run's own figures are gone when it is left. */
export class RunFigures {
  readonly #gauges: Record<'step' | 'loss' | 'rate' | 'wait' | 'memory' | 'cpu', Gauge>;
  readonly #images: Counter;
  readonly #lastSteps = new Map<string, StepMetrics[]>();

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string) =>
      new Gauge({ name: `unlabel_training_${name}`, help, labelNames: ['run', 'method'], registers });
    this.#gauges = {
      step: gauge('step', 'last step of the run'),
      loss: gauge('loss', 'loss at that step'),
      rate: gauge('images_per_second', 'images trained on per second, waiting included'),
      wait: gauge('wait_ratio', `part of the last ${lastSteps} steps that was spent waiting for view blocks`),
      memory: gauge('process_resident_memory_bytes', 'memory of the process that trains the run'),
      cpu: gauge('process_cpu_cores', 'cores that the process that trains the run keeps busy'),
    };
    this.#images = new Counter({
      name: 'unlabel_training_images_total',
      help: 'images trained on',
      labelNames: ['method'],
      registers,
    });
  }

  step(run: string, { method, batch }: Pick<RunSpec, 'method' | 'batch'>, metrics: StepMetrics): void {
    const labels = { run, method: method.name };
    const { step, loss, rate, wait, memory, cpu } = this.#gauges;
    step.set(labels, metrics.step);
    loss.set(labels, metrics.loss);
    rate.set(labels, metrics.imagesPerSecond);
    wait.set(labels, this.#waited(run, metrics, batch));
    this.#images.inc({ method: method.name }, batch);
    if (!metrics.resources) return;
    memory.set(labels, metrics.resources.memoryBytes);
    cpu.set(labels, metrics.resources.cpuShare);
  }

  #waited(run: string, metrics: StepMetrics, batch: number): number {
    const steps = this.#lastSteps.get(run) ?? [];
    this.#lastSteps.set(run, steps);
    steps.push(metrics);
    if (steps.length > lastSteps) steps.shift();
    return waitShareOf(steps, batch);
  }

  /** This worker has left the run. */
  end(run: string, { method }: Pick<RunSpec, 'method'>): void {
    this.#lastSteps.delete(run);
    for (const gauge of Object.values(this.#gauges)) gauge.remove({ run, method: method.name });
  }
}
