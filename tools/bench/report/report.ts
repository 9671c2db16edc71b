import { z } from 'zod';

import { machineSchema } from '../measuring/machine.ts';

export const tableSchema = z.strictObject({
  caption: z.string().nullable(),
  columns: z.array(
    z.strictObject({ name: z.string(), digits: z.int().min(0).describe('after the point, where it holds numbers') }),
  ),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
});
export type Table = z.infer<typeof tableSchema>;

/** A figure that has to be reached, as a ratio within one session. */
export const goalSchema = z.strictObject({
  work: z.string(),
  measured: z.number().nullable(),
  must: z.number(),
  aim: z.number(),
});
export type Goal = z.infer<typeof goalSchema>;

/** What a bench found. */
export const findingsSchema = z.strictObject({
  tables: z.array(tableSchema),
  goals: z.array(goalSchema).default([]),
  notes: z.array(z.string()).default([]).describe('what a reader must know to take the figures for what they are'),
  error: z.string().nullable().default(null).describe('why it has no figures, or not all'),
});
export type Findings = z.input<typeof findingsSchema>;

export const sectionSchema = findingsSchema.extend({
  bench: z.string(),
  title: z.string(),
  about: z.string(),
  seconds: z.number().describe('that it took'),
});
export type Section = z.infer<typeof sectionSchema>;

/** One run of the benches, as it is stored beside its Markdown. */
export const reportSchema = z.strictObject({
  format: z.literal('unlabel.bench-report'),
  version: z.literal(1),
  startedAt: z.iso.datetime(),
  seconds: z.number(),
  command: z.string(),
  machine: machineSchema,
  versions: z.record(z.string(), z.string()),
  sections: z.array(sectionSchema),
});
export type Report = z.infer<typeof reportSchema>;

type Cell = Table['rows'][number][number];

/**
 * A table from records.
 * @param columns names with the digits after the point of their numbers, in order; other fields of a row are left out
 */
export function tableOf<Name extends string>(
  columns: Record<Name, number>,
  rows: readonly Record<NoInfer<Name>, Cell>[],
  caption: string | null = null,
): Table {
  const names = Object.keys(columns) as Name[];
  return {
    caption,
    columns: names.map((name) => ({ name, digits: columns[name] })),
    rows: rows.map((row) => names.map((name) => row[name])),
  };
}
