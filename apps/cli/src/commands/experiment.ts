import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { parse } from 'yaml';

import type { ControlClient } from '#lib/client';
import {
  type ExperimentFile,
  experimentFileSchema,
  type ExperimentStarted,
  type ExperimentSummary,
  UsageError,
} from '#lib/contracts';

import { chooseDataset } from '../choose-dataset.ts';
import { comparisonTable } from '../comparison-table.ts';
import { type Context, show } from '../context.ts';
import { followExperiment } from '../follow-experiment.ts';
import { interrupted } from '../interrupted.ts';
import { exitCodes } from '../output/print-error.ts';
import { formatTable } from '../output/table.ts';
import { root } from '../stack/paths.ts';
import { sayTunnel } from '../tunnel.ts';
import { ingestFirst, parseChanges } from './run.ts';

export interface ExperimentFlags {
  dataset?: string;
  data?: string;
  /** false with --no-follow */
  follow?: boolean;
}

/** Runs all that a file compares on one dataset and prints one table. Started again, it joins what is there. */
export async function experiment(
  context: Context,
  path: string,
  words: string[],
  flags: ExperimentFlags,
): Promise<number> {
  if (flags.dataset !== undefined && flags.data !== undefined)
    throw new UsageError('experiment: give --dataset NAME or --data SOURCE, not both', { field: 'dataset' });
  const changes = parseChanges(words);
  const { name, file } = await readExperiment(path);
  if (flags.dataset === undefined && flags.data === undefined && file.datasets.length === 0)
    throw new UsageError(`experiment ${name}: the file names no dataset`, {
      field: 'dataset',
      remedy: 'give --dataset NAME, or --data SOURCE to ingest first',
    });
  const client = await context.control();
  context.say(`dashboard  ${client.address}`);
  sayTunnel(context.say, client.address);
  const stop = interrupted();
  try {
    const dataset = await datasetOf(context, client, file, flags, stop.signal);
    if (dataset === undefined) return leave(context, 'the ingest goes on; the same command comes back to it');
    const started = await client.startExperiment({ name, file, changes, dataset });
    context.say(startedText(started));
    if (flags.follow === false) {
      show(context, started, ({ experiment: id }) => `see it  ./unlabel experiments ${id}`);
      return exitCodes.done;
    }
    return await table(context, client, started.experiment, stop.signal);
  } finally {
    stop.dispose();
  }
}

/** Follows an experiment to its end, then prints its table. */
async function table(context: Context, client: ControlClient, id: string, signal: AbortSignal): Promise<number> {
  const detail = await followExperiment(client, id, signal, context.json ? process.stderr : process.stdout);
  if (!detail)
    return leave(context, `the runs go on\n  come back  the same command\n  look at it ./unlabel experiments ${id}`);
  const comparison = await client.compare({ experiment: id });
  show(context, { experiment: id, ...comparison }, () => `\n${comparisonTable(comparison)}`);
  const failed = detail.runs.filter(({ summary }) => summary.state !== 'finished');
  for (const { summary } of failed)
    context.say(
      `${summary.run} is ${summary.state}${summary.reason === null ? '' : `: ${summary.reason}`}\n  ${summary.remedy ?? `./unlabel resume ${summary.run}`}`,
    );
  return failed.length === 0 ? exitCodes.done : exitCodes.failed;
}

/** Ctrl-C ends the waiting, never the work. */
function leave(context: Context, text: string): number {
  context.say(text);
  return exitCodes.interrupted;
}

async function datasetOf(
  context: Context,
  client: ControlClient,
  { datasets }: ExperimentFile,
  { dataset, data }: ExperimentFlags,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (dataset !== undefined) return dataset;
  if (data !== undefined) return ingestFirst(context, data);
  const otherwise = '--dataset NAME or --data SOURCE takes another';
  return (await chooseDataset({ context, client, signal }, datasets, otherwise))?.dataset;
}

/**
 * An experiment file: a path, or the name of one in `recipes`.
 * @throws UsageError naming file, field and rule of what is wrong with it
 */
export async function readExperiment(path: string): Promise<{ name: string; file: ExperimentFile }> {
  const places = [resolve(path), ...(/[/.]/.test(path) ? [] : [join(root, 'recipes', `${path}.yaml`)])];
  const found = await Promise.any(places.map((place) => readFile(place, 'utf8'))).catch(() => {
    throw new UsageError(`experiment ${path}: no such file`, {
      field: 'FILE',
      remedy: `looked at ${places.join(', ')}`,
    });
  });
  const content = yaml(path, found);
  if ((content as { kind?: unknown } | null)?.kind !== 'experiment')
    throw new UsageError(`experiment ${path}: the file does not say kind: experiment`, {
      field: 'kind',
      remedy: 'a recipe is started by ./unlabel run; recipes/brief.yaml is an experiment file',
    });
  const parsed = experimentFileSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new UsageError(`experiment ${path}: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'wrong'}`, {
      field,
    });
  }
  return { name: nameOf(path), file: parsed.data };
}

function yaml(path: string, text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (cause) {
    throw new UsageError(`experiment ${path}: not YAML: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
}

const nameOf = (path: string): string =>
  basename(path)
    .toLowerCase()
    .replace(/\.ya?ml$/, '')
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 48) || 'experiment';

const startedText = ({ experiment: id, joined, runs, notes }: ExperimentStarted): string =>
  [`experiment ${id}${joined ? ', joined' : ''}`, ...runs.map(({ run, was }) => `  ${run}  ${was}`), ...notes].join(
    '\n',
  );

/** All experiments, or one with its table. */
export async function experiments(context: Context, id: string | undefined): Promise<void> {
  const client = await context.control();
  if (id === undefined) return show(context, await client.experiments(), listing);
  const [detail, comparison] = await Promise.all([client.experiment(id), client.compare({ experiment: id })]);
  show(context, { ...detail, comparison }, ({ title, description, runs }) =>
    [
      `${id}  ${title}`,
      ...(description === '' ? [] : [description]),
      ...runs
        .filter(({ summary }) => summary.state !== 'finished')
        .map(({ summary }) => `  ${summary.run}  ${summary.state}  step ${summary.step}/${summary.totalSteps ?? '–'}`),
      '',
      comparisonTable(comparison),
    ].join('\n'),
  );
}

const listing = (all: ExperimentSummary[]): string =>
  all.length === 0
    ? 'no experiment yet; start one: ./unlabel experiment recipes/brief.yaml'
    : formatTable(
        ['experiment', 'title', 'dataset', 'runs', 'finished'],
        all.map(({ experiment: name, title, dataset, runs }) => [
          name,
          title,
          dataset,
          String(runs.length),
          String(runs.filter(({ state }) => state === 'finished').length),
        ]),
      );
