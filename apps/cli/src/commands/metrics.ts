import type { ControlClient } from '#lib/client';
import { type StepMetrics, UsageError } from '#lib/contracts';
import { bytes, count } from '#lib/figures';

import type { Context } from '../context.ts';
import { columns, metricsCsv, termColumns } from '../metrics/columns.ts';
import { formatTable } from '../output/table.ts';
import { writeOutput } from '../output/write-output.ts';
import { writeRunEvents } from '../tensorboard/run-events.ts';

export interface MetricsFlags {
  csv?: boolean;
  tensorboard?: string;
  output?: string;
}

/** The metrics of every step of a run, in the form that is asked for. */
export async function metrics(context: Context, run: string, flags: MetricsFlags): Promise<void> {
  const { csv = false, tensorboard, output } = flags;
  if (Number(csv) + Number(context.json) + Number(tensorboard !== undefined) > 1)
    throw new UsageError('metrics: give one of --csv, --json and --tensorboard', { field: 'csv' });
  if (output !== undefined && !csv && !context.json)
    throw new UsageError('metrics: -o needs --csv or --json', {
      field: 'output',
      remedy: `for example ./unlabel metrics ${run} --csv -o ${run}.csv`,
    });
  const client = await context.control();
  if (tensorboard !== undefined) return writeTensorBoard(context, client, run, tensorboard);
  const { metrics: steps } = await client.metrics(run);
  const text = csv ? metricsCsv(steps) : context.json ? `${JSON.stringify({ run, metrics: steps }, null, 2)}\n` : '';
  if (text === '') return context.print(summaryText(run, steps));
  if (output === undefined) return context.print(text.trimEnd());
  const sizeBytes = await writeOutput(output, text);
  context.say(`${output}: ${count(steps.length)} steps, ${bytes(sizeBytes)}`);
}

async function writeTensorBoard(context: Context, client: ControlClient, run: string, folder: string): Promise<void> {
  const { path, steps } = await writeRunEvents(client, run, folder);
  context.say(`${path}: ${count(steps)} steps\n  look at it  tensorboard --logdir ${folder}`);
}

/** Of each quantity how often it was read, its first and last, least and largest value. */
export function summaryText(run: string, steps: readonly StepMetrics[]): string {
  if (steps.length === 0) return `${run} has no metrics yet`;
  const all = [...columns, ...termColumns(steps.flatMap(({ terms }) => Object.keys(terms)))];
  const rows = all.flatMap(({ name, value }) => {
    const read = steps.map(value).filter((each) => typeof each === 'number');
    const [first] = read;
    if (first === undefined) return [];
    const figures = [first, read.at(-1) as number, least(read), largest(read)].map((each) =>
      Number.isInteger(each) ? String(each) : each.toPrecision(5),
    );
    return [[name, count(read.length), ...figures]];
  });
  return formatTable(['quantity', 'read at steps', 'first', 'last', 'least', 'largest'], rows);
}

// Math.min takes its numbers as arguments, of which there are fewer than steps.
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
