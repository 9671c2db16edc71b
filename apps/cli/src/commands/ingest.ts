import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { z } from 'zod';

import { type IngestOptions, ingestOptionsSchema, nameSchema, UsageError } from '#lib/contracts';

import type { Context } from '../context.ts';
import { interrupted } from '../interrupted.ts';
import { exitCodes } from '../output/print-error.ts';
import { waitForDataset } from '../wait-dataset.ts';

export interface IngestFlags {
  name: string;
  eval?: string;
  holdout?: string;
  tune?: string;
  labels?: string;
  classes?: string;
  fraction?: string;
  size?: string;
}

/** Turns a source into a dataset and waits until it is ready. Asking again for what is there already is quick. */
export async function ingest(context: Context, sources: string[], flags: IngestFlags): Promise<number> {
  const name = nameSchema.safeParse(flags.name);
  if (!name.success) throw new UsageError(`--name ${flags.name}: ${name.error.issues[0]?.message}`, { field: 'name' });
  const options = await ingestOptions(sources, flags);
  const client = await context.control();
  const { request } = await client.ingest({ dataset: name.data, options });
  const stop = interrupted();
  const summary = await waitForDataset(
    client,
    name.data,
    request,
    stop.signal,
    context.json ? process.stderr : process.stdout,
  );
  stop.dispose();
  if (!summary) {
    context.say(`the ingest goes on; ./unlabel datasets ${name.data} shows where it stands`);
    return exitCodes.interrupted;
  }
  if (context.json) context.print(JSON.stringify(summary, null, 2));
  return exitCodes.done;
}

/** Paths made absolute, numbers parsed, everything checked against the schema. */
export async function ingestOptions(sources: string[], flags: Omit<IngestFlags, 'name'>): Promise<IngestOptions> {
  // what is no number stays text, so that the message shows it
  const number = (text: string | undefined) =>
    text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
  const given = {
    sources: await Promise.all(sources.map(absolute)),
    evalSource: flags.eval === undefined ? undefined : await absolute(flags.eval),
    holdout: number(flags.holdout),
    tune: number(flags.tune),
    classes: number(flags.classes),
    fraction: number(flags.fraction),
    labels: flags.labels === undefined ? undefined : await readLabels(flags.labels),
    size: number(flags.size),
  };
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = ingestOptionsSchema.safeParse(defined);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? '');
  const flag = { sources: 'SOURCE', evalSource: '--eval' }[field] ?? `--${field}`;
  throw new UsageError(`${flag}: ${issue?.message}; got ${JSON.stringify(defined[field] ?? null)}`, { field });
}

/** A path that exists becomes absolute; anything else may be a name of the catalogue, which ingest knows. */
async function absolute(source: string): Promise<string> {
  const path = resolve(source);
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) return path;
  if (/[/.]/.test(source))
    throw new UsageError(`source ${source}: no such file or folder`, { field: 'SOURCE', remedy: `looked at ${path}` });
  return source;
}

async function readLabels(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new UsageError(`--labels ${file}: ${cause.message}`, { cause });
  });
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`--labels ${file}: must be JSON that maps folder names to class names`, { cause });
  }
}
