import { setTimeout as sleep } from 'node:timers/promises';

import type { ControlClient } from '#lib/client';
import {
  type AskedProbe,
  type ProbeCall,
  type ProbeKind,
  probeKindSchema,
  type ProbeResult,
  probeSplitSchema,
  unknownName,
  UnlabelError,
  UsageError,
} from '#lib/contracts';
import { percent } from '#lib/figures';

import { type Context, show } from '../context.ts';
import { interrupted } from '../interrupted.ts';
import { bar, leftText, Progress } from '../output/progress.ts';
import { TimeLeft } from '../output/rate.ts';

export interface ProbeFlags {
  kind?: string;
  checkpoint?: string;
  split?: string;
  again?: boolean;
}

const pollMs = 500;

/** Measures a checkpoint of a run, shows how far it is, and prints the reports. Ctrl-C leaves the measuring to go on. */
export async function probe(context: Context, run: string, flags: ProbeFlags): Promise<number> {
  const call = probeCall(flags);
  const client = await context.control();
  const { probes } = await client.probeRun(run, call);
  const stop = interrupted();
  try {
    const results: ProbeResult[] = [];
    for (const asked of probes) {
      const result = await waitForProbe(client, run, asked, stop.signal);
      if (!result) {
        context.say(`the measuring goes on\n  come back  ./unlabel probe ${run}`);
        return 130;
      }
      results.push(result);
    }
    show(context, results, (all) => all.map(probeText).join('\n\n'));
    return 0;
  } finally {
    stop.dispose();
  }
}

/** The flags as a call of the API. @throws UsageError for what no probe knows */
export function probeCall({ kind, checkpoint = 'last', split = 'eval', again = false }: ProbeFlags): ProbeCall {
  const kinds = (kind ?? 'knn,linear').split(',').map((word) => kindOf(word.trim()));
  const parsedSplit = probeSplitSchema.safeParse(split);
  if (!parsedSplit.success)
    throw new UsageError(`--split ${split}: eval or tune is measured, on what train has taught`, { field: 'split' });
  return { kinds, checkpoint: checkpointOf(checkpoint), split: parsedSplit.data, again };
}

/** A checkpoint as --checkpoint names it. @throws UsageError for anything else */
export function checkpointOf(checkpoint: string): 'last' | 'best' | number {
  const step = /^\d+$/.test(checkpoint) ? Number(checkpoint) : checkpoint;
  if (step !== 'last' && step !== 'best' && typeof step === 'string')
    throw new UsageError(`--checkpoint ${checkpoint}: expected last, best, or a step; 0 is the untrained encoder`, {
      field: 'checkpoint',
    });
  return step;
}

function kindOf(word: string): ProbeKind {
  const parsed = probeKindSchema.safeParse(word);
  if (!parsed.success) throw unknownName('kind of probe', word, probeKindSchema.options, 'kind');
  return parsed.data;
}

async function waitForProbe(
  client: ControlClient,
  run: string,
  asked: AskedProbe,
  signal: AbortSignal,
): Promise<ProbeResult | undefined> {
  const progress = new Progress(process.stderr);
  const left = new PhaseTimes();
  const name = `${run}  ${asked.kind} of step ${asked.step} on ${asked.split}`;
  for (;;) {
    const { state, result, progress: at, reason, remedy } = await client.probeStatus(run, asked);
    if (result) {
      progress.end(`${name}  measured`);
      return result;
    }
    if (state === 'failed') {
      progress.end(`${name}  failed`);
      throw new UnlabelError(`${asked.kind} of ${run}: ${reason ?? 'no reason given'}`, {
        remedy: remedy ?? `mend the cause, then ./unlabel probe ${run} --kind ${asked.kind}`,
      });
    }
    progress.update(at ? `${name}  ${bar(at.done)} ${at.phase}${left.text(at)}` : `${name}  waiting for a worker`);
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
}

/** The time that a phase will take: each has a pace of its own. */
class PhaseTimes {
  readonly #of = new Map<string, TimeLeft>();

  text({ phase, done }: { phase: string; done: number }): string {
    const left = this.#of.get(phase) ?? new TimeLeft();
    this.#of.set(phase, left);
    return leftText(left.update(done));
  }
}

/** A result as text: what was measured on what, the figures of the embeddings, and the report of each class. */
export function probeText(result: ProbeResult): string {
  const { kind, encoder, measuredOn, top1, top5, figures, options, report } = result;
  const what = encoder.kind === 'checkpoint' ? `step ${encoder.step}` : encoder.kind;
  const { dataset, split, trainSamples, evalSamples, featureSize } = measuredOn;
  return [
    `${kind} of ${what}: top-1 ${percent(top1)}${top5 === null ? '' : `, top-5 ${percent(top5)}`}`,
    `  ${trainSamples} samples of train, measured on ${evalSamples} of ${split} of ${dataset}, ${featureSize} features`,
    `  ${Object.entries(options)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
    ...(figures
      ? [
          `  RankMe ${figures.rankMe.toFixed(1)}, std ${figures.std.toFixed(4)} (spread evenly ${figures.spreadStd.toFixed(4)}), alignment ${figures.alignment.toFixed(3)}, uniformity ${figures.uniformity.toFixed(3)}, of ${figures.samples} images`,
        ]
      : []),
    '',
    report.trimEnd(),
  ].join('\n');
}
