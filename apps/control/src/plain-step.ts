import { type StepMetrics, stepMetricsSchema } from '#lib/contracts';

/** What every step has, by the schema: numbers, but for the terms of its loss. */
const numbers = new Set(
  Object.entries(stepMetricsSchema.shape).flatMap(([name, schema]) =>
    schema.safeParse(undefined).success || name === 'terms' ? [] : [name],
  ),
);

/**
 * Whether a line is a step of numbers alone, as nearly all are: then the schema takes it, and need not be asked. Asking costs
 * more than parsing the line, and the first look at a long run waits for it. Of any other line this says nothing.
 */
export function isPlainStep(line: unknown): line is StepMetrics {
  if (typeof line !== 'object' || line === null) return false;
  const step = line as Record<string, unknown>;
  let found = 0;
  for (const name in step) {
    if (name === 'terms') continue;
    if (!numbers.has(name) || !Number.isFinite(step[name])) return false;
    found += 1;
  }
  return (
    found === numbers.size &&
    isCount(step['step']) &&
    step['step'] !== 0 &&
    isCount(step['epoch']) &&
    areNumbers(step['terms'])
  );
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function areNumbers(terms: unknown): boolean {
  if (typeof terms !== 'object' || terms === null || Array.isArray(terms)) return false;
  for (const term in terms) if (!Number.isFinite((terms as Record<string, unknown>)[term])) return false;
  return true;
}
