import type { StepMetrics } from '#lib/contracts';

/** One quantity of a step, under the name that CSV and TensorBoard give it. */
export interface MetricColumn {
  /** column of a CSV, unit included where it has one */
  name: string;
  /** tag in TensorBoard, grouped by what stands before the slash; absent for what is no curve */
  tag?: string;
  value(metrics: StepMetrics): number | string | undefined;
}

/** The columns that every run has, in their order, which stays as it is: new ones go to the end. */
export const columns: readonly MetricColumn[] = [
  { name: 'step', value: ({ step }) => step },
  { name: 'epoch', tag: 'progress/epoch', value: ({ epoch }) => epoch },
  { name: 'at', value: ({ at }) => new Date(at).toISOString() },
  { name: 'loss', tag: 'loss', value: ({ loss }) => loss },
  { name: 'learning_rate', tag: 'optimisation/learning_rate', value: ({ learningRate }) => learningRate },
  { name: 'gradient_norm', tag: 'optimisation/gradient_norm', value: ({ gradientNorm }) => gradientNorm },
  { name: 'images_per_second', tag: 'speed/images_per_second', value: ({ imagesPerSecond }) => imagesPerSecond },
  { name: 'wait_seconds', tag: 'speed/wait_seconds', value: ({ waitSeconds }) => waitSeconds },
  { name: 'embedding_std', tag: 'monitors/embedding_std', value: ({ monitors }) => monitors?.embeddingStd },
  { name: 'embedding_size', value: ({ monitors }) => monitors?.embeddingSize },
  { name: 'rankme', tag: 'monitors/rankme', value: ({ monitors }) => monitors?.rankMe },
  { name: 'online_knn', tag: 'monitors/online_knn', value: ({ monitors }) => monitors?.onlineKnn },
  { name: 'monitor_seconds', value: ({ monitors }) => monitors?.monitorSeconds },
  { name: 'tune_step', value: ({ tuneProbe }) => tuneProbe?.step },
  { name: 'tune_knn', tag: 'tune/knn', value: ({ tuneProbe }) => tuneProbe?.knn },
  { name: 'tune_linear', tag: 'tune/linear', value: ({ tuneProbe }) => tuneProbe?.linear },
  { name: 'cpu_share', tag: 'resources/cpu_share', value: ({ resources }) => resources?.cpuShare },
  { name: 'memory_bytes', tag: 'resources/memory_bytes', value: ({ resources }) => resources?.memoryBytes },
  { name: 'gpu_share', tag: 'resources/gpu_share', value: ({ resources }) => resources?.gpuShare },
  { name: 'gpu_memory_bytes', tag: 'resources/gpu_memory_bytes', value: ({ resources }) => resources?.gpuMemoryBytes },
];

/** A column for each loss term of the method, by name. */
export const termColumns = (terms: Iterable<string>): MetricColumn[] =>
  [...new Set(terms)].sort().map((term) => ({
    name: `term_${term}`,
    tag: `loss_terms/${term}`,
    value: ({ terms: all }) => all[term],
  }));

/** RFC 4180: a head, then a line a step. What was not read at a step is empty. The columns of terms come last. */
export function metricsCsv(metrics: readonly StepMetrics[]): string {
  const all = [...columns, ...termColumns(metrics.flatMap(({ terms }) => Object.keys(terms)))];
  const cell = (value: number | string | undefined) => {
    const text = value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = metrics.map((step) => all.map(({ value }) => cell(value(step))).join(','));
  return [all.map(({ name }) => cell(name)).join(','), ...lines].map((line) => `${line}\n`).join('');
}
