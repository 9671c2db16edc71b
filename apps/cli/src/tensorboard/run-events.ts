import type { ControlClient } from '#lib/client';
import type { RunDetail, StepMetrics } from '#lib/contracts';

import { eventFilePath, type MeasuredScalar, writeEventFile } from './event-file.ts';

/** Writes all that is known of a run as one event file, in place of an earlier one. */
export async function writeRunEvents(
  client: ControlClient,
  run: string,
  folder: string,
): Promise<{ path: string; steps: number }> {
  const [detail, { metrics: steps }] = await Promise.all([client.run(run), client.metrics(run)]);
  const path = eventFilePath(folder, run, detail.summary.createdAt);
  await writeEventFile(path, steps, measuredOf(detail, steps));
  return { path, steps: steps.length };
}

/** What probes found of checkpoints, at the step and the time of each. */
export function measuredOf({ probes }: Pick<RunDetail, 'probes'>, steps: readonly StepMetrics[]): MeasuredScalar[] {
  const times = new Map(steps.map(({ step, at }) => [step, at]));
  const last = steps.at(-1)?.at ?? 0;
  return probes.flatMap(({ encoder, kind, measuredOn, top1, macro }) => {
    if (encoder.kind !== 'checkpoint') return [];
    const { step } = encoder;
    const at = times.get(step) ?? last;
    const tag = `${measuredOn.split}_probes/${kind}`;
    return [
      { at, step, tag: `${tag}_top1`, value: top1 },
      { at, step, tag: `${tag}_macro_f1`, value: macro.f1 },
    ];
  });
}
