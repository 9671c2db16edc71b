import { setTimeout as sleep } from 'node:timers/promises';

import type { ControlClient } from '#lib/client';
import type { ExperimentDetail } from '#lib/contracts';

import { over, runLine, unlessUnreachable } from './follow.ts';
import { Progress } from './output/progress.ts';
import { Rate } from './output/rate.ts';

const pollMs = 1000;

/**
 * Shows where the runs of an experiment stand until all have ended and what they reached was measured, or the signal is
 * aborted (then: undefined). Each run that ends leaves a line. Polls, so it survives a control that restarts.
 */
export async function followExperiment(
  client: ControlClient,
  experiment: string,
  signal: AbortSignal,
  stream: NodeJS.WriteStream,
): Promise<ExperimentDetail | undefined> {
  const progress = new Progress(stream);
  const rates = new Map<string, Rate>();
  const ended = new Set<string>();
  for (;;) {
    const detail = await client.experiment(experiment).catch(unlessUnreachable);
    if (!detail) progress.update(`${experiment}  control does not answer, waiting`);
    else {
      const lines = await runLines(client, detail, rates);
      for (const { run, isOver, line } of lines) {
        if (!isOver || ended.has(run)) continue;
        ended.add(run);
        progress.end(`[${ended.size}/${lines.length}] ${line}`);
      }
      if (isMeasured(detail)) return detail;
      progress.update(nowLine(detail, lines));
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) {
      progress.end();
      return undefined;
    }
  }
}

interface RunLine {
  run: string;
  isOver: boolean;
  isRunning: boolean;
  line: string;
}

async function runLines(
  client: ControlClient,
  { runs }: ExperimentDetail,
  rates: Map<string, Rate>,
): Promise<RunLine[]> {
  return Promise.all(
    runs.map(async ({ summary }) => {
      const { run, state, step } = summary;
      const rate = rates.get(run) ?? new Rate();
      rates.set(run, rate);
      const isRunning = state === 'running';
      const metrics = isRunning ? await client.metrics(run, Math.max(step - 2, 0)).catch(() => undefined) : undefined;
      const line = runLine(summary, metrics?.metrics.at(-1), isRunning ? rate.update(step) : undefined);
      return { run, isOver: over.has(state), isRunning, line };
    }),
  );
}

/** Nothing is left to be done: what did not finish is not measured. */
function isMeasured({ runs }: ExperimentDetail): boolean {
  return runs.every(({ summary, probesPending }) => over.has(summary.state) && probesPending.length === 0);
}

/** What goes on now: the runs that train, else what is measured, else who waits. */
function nowLine({ runs }: ExperimentDetail, lines: RunLine[]): string {
  const done = lines.filter(({ isOver }) => isOver).length;
  const at = `[${Math.min(done + 1, lines.length)}/${lines.length}]`;
  const running = lines.filter(({ isRunning }) => isRunning).map(({ line }) => line);
  const pending = [...new Set(runs.flatMap(({ probesPending }) => probesPending))];
  const probing = pending.length === 0 ? [] : [`probing: ${pending.length} to go, next ${pending[0]}`];
  if (running.length > 0 || done < lines.length)
    return [at, ...(running.length > 0 ? running : ['waiting for a worker']), ...probing].join('  ');
  return probing.join('');
}
