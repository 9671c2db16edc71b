import type { ControlClient } from '#lib/client';
import { type Comparison, codeVersion, UnlabelError, UsageError } from '#lib/contracts';
import { bytes } from '#lib/figures';
import type { ReportData, ReportRun } from '#lib/report';

import type { Context } from '../context.ts';
import { loadTsx } from '../load-tsx.ts';
import { picturesOf } from '../report-pictures.ts';
import { writeOutput } from '../output/write-output.ts';

export interface ReportFlags {
  output: string;
  dataset?: string;
  experiment?: string;
  title?: string;
}

/** Points of all curves of a report together, so that its size does not grow with the number of runs. */
const pointsOfAll = 12_000;

/** Writes one HTML file about runs, those of an experiment, or all on a dataset. */
export async function report(context: Context, names: string[], flags: ReportFlags): Promise<void> {
  const ways = [names.length > 0, flags.dataset !== undefined, flags.experiment !== undefined];
  if (ways.filter(Boolean).length !== 1)
    throw new UsageError('report: of which runs? name them, or give one of --dataset and --experiment', {
      field: 'runs',
      remedy: './unlabel runs lists what is there',
    });
  const client = await context.control();
  const data = await reportData(client, names, flags);
  loadTsx();
  const { reportHtml, verdict } = await import('#lib/report');
  const sizeBytes = await writeOutput(flags.output, reportHtml(data));
  const { headline } = verdict(data.comparison);
  if (context.json) return context.print(JSON.stringify({ file: flags.output, sizeBytes, headline }, null, 2));
  context.print(headline);
  context.say(
    `${flags.output}: ${data.runs.length} runs, ${bytes(sizeBytes)}; opens in any browser, without a network`,
  );
}

/** Reads all that a report says. */
async function reportData(client: ControlClient, names: string[], flags: ReportFlags): Promise<ReportData> {
  const { dataset, experiment } = flags;
  const comparison = await client.compare({
    runs: names,
    ...(dataset !== undefined && { dataset }),
    ...(experiment !== undefined && { experiment }),
  });
  const compared = comparison.rows.flatMap(({ run }) => run ?? []);
  const points = Math.max(60, Math.min(600, Math.floor(pointsOfAll / Math.max(compared.length, 1))));
  const runs: ReportRun[] = [];
  for (const run of compared) runs.push(await readRun(client, run, points));
  return {
    title: flags.title ?? (await titleOf(client, comparison, compared, experiment)),
    madeAt: new Date().toISOString(),
    codeVersion,
    comparison,
    dataset: await client.dataset(comparison.dataset).then(({ index }) => index, unlessKnown),
    runs,
  };
}

async function readRun(client: ControlClient, run: string, points: number): Promise<ReportRun> {
  const detail = await client.run(run);
  const [curves, log, { spec: defaults }] = await Promise.all([
    client.curves(run, { points }),
    client.runLog(run),
    client.runRecipe(run),
  ]);
  const { title, tags, notes } = detail.summary.about;
  return { detail, curves, about: { title, tags, notes }, log, defaults, ...(await picturesOf(client, run)) };
}

/** null for what control refuses, which a report can do without. @throws any other error */
function unlessKnown(error: unknown): null {
  if (error instanceof UnlabelError && error.name !== 'UnreachableError') return null;
  throw error;
}

async function titleOf(
  client: ControlClient,
  { dataset }: Comparison,
  runs: string[],
  experiment: string | undefined,
): Promise<string> {
  if (experiment !== undefined) return (await client.experiment(experiment)).title;
  return runs.length === 1 ? `${runs[0]} on ${dataset}` : `${runs.length} runs on ${dataset}`;
}
