import type { StepMetrics, UnlabelEvent } from '#lib/contracts';

const keptSteps = 20_000;

/** Steps that runs announced and that no committed segment covers yet. They only make pages live; nothing rests on them. */
export class LiveRuns {
  readonly #steps = new Map<string, StepMetrics[]>();

  receive(event: UnlabelEvent): void {
    if (event.type !== 'run-step') return;
    const { run, metrics } = event;
    const steps = this.#steps.get(run) ?? [];
    this.#steps.set(run, steps);
    while (steps.length > 0 && (steps.at(-1) as StepMetrics).step >= metrics.step) steps.pop(); // a later attempt repeats steps
    steps.push(metrics);
    if (steps.length > keptSteps) steps.splice(0, steps.length - keptSteps);
  }

  last(run: string): StepMetrics | undefined {
    return this.#steps.get(run)?.at(-1);
  }

  after(run: string, step: number): StepMetrics[] {
    return (this.#steps.get(run) ?? []).filter((metrics) => metrics.step > step);
  }
}
