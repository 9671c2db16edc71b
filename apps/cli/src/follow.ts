import { setTimeout as sleep } from 'node:timers/promises';

import type { ControlClient } from '#lib/client';
import { type MonitorReading, overStates, type RunSummary, type StepMetrics } from '#lib/contracts';
import { clock } from '#lib/figures';

import { monitorText, Newest } from './monitor-text.ts';
import { bar, Progress } from './output/progress.ts';
import { Rate } from './output/rate.ts';

const pollMs = 1000;
/** States in which nothing goes on. */
export const over = new Set<RunSummary['state']>([...overStates, 'stopped', 'blocked']);

/** undefined for a control that does not answer. @throws any other error */
export function unlessUnreachable(error: unknown): undefined {
  if (error instanceof Error && error.name === 'UnreachableError') return undefined;
  throw error;
}

/**
 * Shows a run's progress until it ends or the signal is aborted. Polls, so it survives a control that restarts.
 * @param onSteps told of the steps that are known since the last look
 */
export async function followRun(
  client: ControlClient,
  run: string,
  signal: AbortSignal,
  onSteps: (steps: readonly StepMetrics[]) => void = () => undefined,
): Promise<RunSummary | undefined> {
  const progress = new Progress();
  const rate = new Rate();
  let line = `${run}  waiting for a worker`;
  const newest = new Newest();
  for (;;) {
    const summary = await client.run(run).then(({ summary }) => summary, unlessUnreachable);
    if (summary) {
      onSteps(await newest.look(client, summary));
      line = runLine(summary, newest.last, rate.update(summary.step), newest.monitors);
      if (over.has(summary.state)) {
        progress.end(line);
        return summary;
      }
    }
    progress.update(summary ? line : `${line}  (control does not answer, waiting)`);
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) {
      progress.end(line);
      return undefined;
    }
  }
}

/** One line about a run: bar, step, loss, learning rate, rate, waiting, time left. */
export function runLine(
  summary: RunSummary,
  last: StepMetrics | undefined,
  stepsPerSecond: number | undefined,
  monitors?: MonitorReading,
): string {
  const { run, state, step, totalSteps, epochs, precision } = summary;
  const share = totalSteps === null ? 0 : step / totalSteps;
  const parts = [
    run,
    `${bar(share)} ${String(Math.floor(100 * share)).padStart(3)} %`,
    totalSteps === null ? 'timing a step' : `step ${step}/${totalSteps} of ${epochs} epochs`,
  ];
  if (last) {
    parts.push(
      `loss ${last.loss.toFixed(4)}`,
      `lr ${last.learningRate.toPrecision(3)}`,
      `${last.imagesPerSecond.toFixed(0)} img/s`,
    );
    const stepSeconds = stepsPerSecond ? 1 / stepsPerSecond : undefined;
    if (stepSeconds !== undefined && last.waitSeconds > 0.1 * stepSeconds)
      parts.push(`waited ${(last.waitSeconds * 1000).toFixed(0)} ms for views`);
  }
  if (monitors) parts.push(monitorText(monitors));
  if (state === 'running' && stepsPerSecond && totalSteps !== null)
    parts.push(`${clock((totalSteps - step) / stepsPerSecond)} left`);
  // A trial, unlike a wait for a worker, is not told from outside.
  const isTried = state === 'queued' && step === 0 && precision === 'auto';
  if (state !== 'running') parts.push(isTried ? 'queued, or being timed in float32, XLA and bfloat16' : state);
  return parts.join('  ');
}
