import { setImmediate as breathe } from 'node:timers/promises';

import { FormatError, type StepMetrics, stepMetricsSchema } from '#lib/contracts';

import { isPlainStep } from './plain-step.ts';

const linesAtOnce = 2000;

/** The steps of a metrics segment. Other requests are let in between, however long it is. @param key for errors */
export async function parseSegment(text: string, key: string): Promise<StepMetrics[]> {
  const lines = text.split('\n').filter((line) => line !== '');
  const steps: StepMetrics[] = [];
  for (const [i, line] of lines.entries()) {
    if (i % linesAtOnce === linesAtOnce - 1) await breathe();
    steps.push(parseStep(line, key));
  }
  return steps;
}

/** One line of a segment. @throws FormatError naming the segment */
export function parseStep(line: string, key: string): StepMetrics {
  try {
    const step: unknown = JSON.parse(line);
    return isPlainStep(step) ? step : stepMetricsSchema.parse(step);
  } catch (cause) {
    throw new FormatError(`${key}: "${line.slice(0, 80)}" is no line of metrics`, { cause });
  }
}
