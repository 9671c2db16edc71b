import type { ControlClient } from '#lib/client';
import type { MonitorReading, RunSummary, StepMetrics } from '#lib/contracts';

/** A follower that comes late looks for the last reading among so many steps. */
const lookBackSteps = 1000;

/** The newest metrics of a run, and the newest reading of its monitors, which few steps have. */
export class Newest {
  last: StepMetrics | undefined;
  monitors: MonitorReading | undefined;
  #step = 0;

  /** @returns the steps that it saw, among them some that it has seen before */
  async look(client: ControlClient, { run, step }: RunSummary): Promise<StepMetrics[]> {
    const after = Math.max(Math.min(this.#step, step - 2), step - lookBackSteps, 0);
    const metrics = (await client.metrics(run, after).catch(() => undefined))?.metrics;
    if (!metrics) return [];
    this.#step = step;
    this.last = metrics.at(-1) ?? this.last;
    this.monitors = metrics.findLast(({ monitors }) => monitors)?.monitors ?? this.monitors;
    return metrics;
  }
}

/** What the monitors read: spread of the embeddings, also as a part of 1/√D, their rank, online k-NN. */
export function monitorText({ embeddingStd, embeddingSize, rankMe, onlineKnn }: MonitorReading): string {
  const spread = `std ${embeddingStd.toPrecision(3)} (${(embeddingStd * Math.sqrt(embeddingSize)).toFixed(2)} of 1/√D)`;
  const knn = onlineKnn === undefined ? [] : [`k-NN ${(100 * onlineKnn).toFixed(1)} %`];
  return [spread, `rank ${rankMe.toFixed(1)}`, ...knn].join('  ');
}
