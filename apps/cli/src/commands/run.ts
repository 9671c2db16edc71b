import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { computationInWords, type RunSpec, UsageError } from '#lib/contracts';
import { bytes, count, percent } from '#lib/figures';

import { comparisonTable } from '../comparison-table.ts';
import { type Context, show } from '../context.ts';
import { followRun } from '../follow.ts';
import { interrupted } from '../interrupted.ts';
import { exitCodes } from '../output/print-error.ts';
import { EventLog } from '../tensorboard/event-log.ts';
import { sayTunnel } from '../tunnel.ts';
import { waitForDataset } from '../wait-dataset.ts';
import { checkRun, modelText } from './check.ts';
import { ingestOptions } from './ingest.ts';
import { checkpointOf } from './probe.ts';

export interface RunFlags {
  dataset?: string;
  data?: string;
  follow?: boolean;
  id?: string;
  weights?: string;
  check?: boolean;
  tensorboard?: string;
}

/** Starts a run: a recipe with changes, on a dataset or on a source that is ingested first. */
export async function run(context: Context, recipe: string, changes: string[], flags: RunFlags): Promise<number> {
  if ((flags.dataset === undefined) === (flags.data === undefined))
    throw new UsageError('run: give --dataset NAME, or --data SOURCE to ingest first', {
      field: 'dataset',
      remedy: './unlabel datasets lists what is there',
    });
  const changed = parseChanges(changes);
  if (flags.tensorboard !== undefined && !flags.follow)
    throw new UsageError('run: --tensorboard writes while the run is followed', {
      field: 'tensorboard',
      remedy: 'add --follow; or later: ./unlabel metrics RUN --tensorboard FOLDER',
    });
  if (flags.check) {
    if (flags.dataset === undefined)
      throw new UsageError('run: --check starts nothing, an ingest included: it needs --dataset', {
        field: 'dataset',
        remedy: './unlabel datasets lists what is there',
      });
    await checkRun(context, { recipe, dataset: flags.dataset, changes: changed });
    return 0;
  }
  const weightsFile = flags.weights === undefined ? undefined : await openWeights(flags.weights, changed);
  const client = await context.control();
  const dataset = flags.dataset ?? (await ingestFirst(context, flags.data as string));
  if (dataset === undefined) return exitCodes.interrupted;
  if (weightsFile) {
    const { weights, sizeBytes } = await client.storeWeights(weightsFile);
    context.say(`weights ${basename(flags.weights as string)}: ${bytes(sizeBytes)}, names of ${weights.format}`);
    changed['backbone.weights'] = JSON.stringify(weights);
  }
  const started = await client.startRun({
    recipe,
    dataset,
    changes: changed,
    ...(flags.id && { run: flags.id }),
  });
  for (const note of started.notes) context.say(note);
  if (!flags.follow) {
    show(
      context,
      started,
      () =>
        `${started.run} is started\n  follow it  ./unlabel follow ${started.run}\n  stop it    ./unlabel stop ${started.run}\n  see it     ${client.address}`,
    );
    return 0;
  }
  sayTunnel(context.say, client.address);
  return follow(context, started.run, flags);
}

/** @throws UsageError for a file that can't be read, or a change that names other weights */
async function openWeights(path: string, changes: Record<string, string>): Promise<Blob> {
  const other = Object.keys(changes).find((key) => key.startsWith('backbone.weights'));
  if (other !== undefined)
    throw new UsageError(`--weights and ${other}: a backbone starts from one file`, {
      field: other,
      remedy: 'give one of them',
    });
  const isFile = (await stat(path).catch(() => undefined))?.isFile() === true;
  if (!isFile)
    throw new UsageError(`--weights: there is no file ${path}`, {
      field: 'weights',
      remedy: 'give a safetensors file',
    });
  return openAsBlob(path);
}

const weightsText = ({ backbone: { weights } }: RunSpec): string =>
  weights === null ? '' : `, from ${weights.format} weights ${weights.sha256.slice(0, 12)}`;

/** `key=value` words as a record. @throws UsageError for a word without "=" */
export function parseChanges(words: string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1)
        throw new UsageError(`"${word}": a change is written key=value`, {
          field: word,
          remedy: 'for example epochs=10 or optimiser.momentum=0.95',
        });
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** Ingests a source under a name made from its own. @returns undefined if Ctrl-C ends the wait */
export async function ingestFirst(context: Context, source: string): Promise<string | undefined> {
  const client = await context.control();
  const dataset =
    basename(source)
      .toLowerCase()
      .replace(/\.tar$/, '')
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 64) || 'data';
  const { request } = await client.ingest({ dataset, options: await ingestOptions([source], {}) });
  const stop = interrupted();
  const ready = await waitForDataset(client, dataset, request, stop.signal);
  stop.dispose();
  return ready && dataset;
}

export interface FollowFlags {
  tensorboard?: string;
}

/** Follows a run; Ctrl-C leaves it running. The exit code says how it ended. */
export async function follow(context: Context, run: string, { tensorboard }: FollowFlags = {}): Promise<number> {
  const client = await context.control();
  const events = tensorboard === undefined ? undefined : await EventLog.open(client, run, tensorboard);
  if (events) context.say(`event files below ${tensorboard}; look at them: tensorboard --logdir ${tensorboard}`);
  const stop = interrupted();
  const summary = await followRun(client, run, stop.signal, (steps) => events?.add(steps));
  stop.dispose();
  await events?.close();
  if (!summary) {
    context.say(`the run goes on\n  come back  ./unlabel follow ${run}\n  stop it    ./unlabel stop ${run}`);
    return exitCodes.interrupted;
  }
  if (summary.reason)
    context.say(`${summary.state}: ${summary.reason}${summary.remedy ? `\n  ${summary.remedy}` : ''}`);
  return summary.state === 'finished' || summary.state === 'stopped' ? exitCodes.done : exitCodes.failed;
}

export async function showRun(context: Context, run: string, flags: { summary?: boolean } = {}): Promise<void> {
  show(
    context,
    await (await context.control()).run(run),
    ({ summary, spec, model, resolved, head, probes, probesPending }) => {
      if (flags.summary)
        return model ? modelText(model) : `${run} has no table of layers: its registration was cut short`;
      const lines = [
        `${run}  ${summary.state}${summary.reason ? `: ${summary.reason}` : ''}`,
        ...(summary.remedy ? [`  ${summary.remedy}`] : []),
        `recipe ${spec.recipe}  method ${spec.method.name} ${JSON.stringify(spec.method.options)}`,
        `backbone ${spec.backbone.name} ${JSON.stringify(spec.backbone.options)}${weightsText(spec)}${resolved ? `, ${count(resolved.parameters)} parameters with heads` : ''}`,
        `dataset ${spec.dataset.name} (${count(spec.dataset.trainSamples)} images)  batch ${spec.batch}  epochs ${spec.epochs}  seed ${spec.seed}`,
        ...(resolved ? [`computed in ${computationInWords(resolved.computation)}: ${resolved.computation.why}`] : []),
        `step ${summary.step} of ${summary.totalSteps ?? '–'}  loss ${summary.loss?.toFixed(4) ?? '–'}  attempts ${head.attempt}`,
        `checkpoints ${head.checkpoints.map(({ step, kind }) => `${step} (${kind})`).join(', ') || 'none yet'}`,
        ...(head.best ? [`best ${head.best.step}, by ${head.best.metric} on tune: ${percent(head.best.value)}`] : []),
      ];
      for (const probe of probes)
        lines.push(
          '',
          `${probe.encoder.kind} ${probe.kind} on ${probe.measuredOn.split}: top-1 ${percent(probe.top1)}`,
          probe.report,
        );
      if (probesPending.length > 0)
        lines.push(
          '',
          `still to be measured: ${probesPending.map(({ target, step, kind }) => `${target} ${step} ${kind}`).join(', ')}`,
        );
      return lines.join('\n');
    },
  );
}

export async function stop(context: Context, run: string): Promise<void> {
  await (await context.control()).stopRun(run);
  context.print(`${run} will stop at its next step\n  go on  ./unlabel resume ${run}`);
}

export interface ForkFlags {
  checkpoint: string;
  id?: string;
  follow?: boolean;
}

/** A run that goes on from a checkpoint of another, with changes. */
export async function fork(context: Context, parent: string, changes: string[], flags: ForkFlags): Promise<number> {
  const call = { changes: parseChanges(changes), checkpoint: checkpointOf(flags.checkpoint) };
  const client = await context.control();
  const started = await client.forkRun(parent, {
    ...call,
    ...(flags.id && { run: flags.id }),
  });
  for (const note of started.notes) context.say(note);
  if (flags.follow) return follow(context, started.run);
  show(context, started, () => `${started.run} is started\n  follow it  ./unlabel follow ${started.run}`);
  return 0;
}

export async function remove(context: Context, run: string): Promise<void> {
  await (await context.control()).removeRun(run);
  context.print(`${run} is removed, with its checkpoints, metrics and figures`);
}

export async function resume(context: Context, run: string): Promise<void> {
  await (await context.control()).resumeRun(run);
  context.print(`${run} goes on from its last checkpoint\n  follow it  ./unlabel follow ${run}`);
}

export interface CompareFlags {
  dataset?: string;
  markdown?: boolean;
  csv?: boolean;
}

export async function compare(context: Context, runs: string[], flags: CompareFlags): Promise<void> {
  const { dataset, markdown = false, csv = false } = flags;
  if (Number(markdown) + Number(csv) + Number(context.json) > 1)
    throw new UsageError('compare: give one of --markdown, --csv and --json', { field: markdown ? 'markdown' : 'csv' });
  show(
    context,
    await (await context.control()).compare({ runs, ...(dataset !== undefined && { dataset }) }),
    (comparison) => comparisonTable(comparison, markdown ? 'markdown' : csv ? 'csv' : 'text'),
  );
}
