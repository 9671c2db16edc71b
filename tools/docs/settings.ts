import { resolve } from 'node:path';

import { format, resolveConfig } from 'prettier';
import type { z } from 'zod';

import {
  experimentFileSchema,
  ingestOptionsSchema,
  optimiserSchema,
  recipeSchema,
  scheduleSchema,
  stoppingRuleSchema,
  viewOperationSchema,
} from '#lib/contracts';
import { methods } from '#lib/methods';
import { backbones } from '#lib/nn';

import { type Setting, settingsOf, variantsOf } from './json-schema.ts';
import { type Variable, variables } from './variables.ts';

export const settingsFile = resolve(import.meta.dirname, '../../docs/settings.md');

/** Keys of a recipe that change nothing. */
const apart = /^(title|description)$/;

/** Every setting of a recipe, of its parts, of an experiment and of an ingest, in the order of the document. */
export function settingGroups(): { title: string; lead: string; settings: Setting[] }[] {
  const variants = (schema: z.ZodType, by: string, what: string, key: string) =>
    variantsOf(schema, by).map(({ name, meaning, settings }) => ({
      title: `${what} \`${name}\``,
      lead: meaning === '' ? `Settings of \`${key}\`.` : `${key}: ${meaning}.`,
      settings,
    }));
  return [
    {
      title: 'A recipe and a run',
      lead: 'What a recipe says, and `key=value` of `./unlabel run`, `experiment` and `fork` changes. A dash: there is no default, every recipe says it. Groups are opened by dots: `schedule.warmupEpochs=2`.',
      settings: settingsOf(recipeSchema).filter(({ key }) => !apart.test(key)),
    },
    ...Object.values(methods).map(({ name, title, options }) => ({
      title: `Method \`${name}\``,
      lead: `${title}. Options of \`method.options\`; their names alone will do.`,
      settings: settingsOf(options),
    })),
    ...Object.values(backbones).map(({ name, title, options }) => ({
      title: `Backbone \`${name}\``,
      lead: `${title}. Options of \`backbone.options\`; their names alone will do.`,
      settings: settingsOf(options),
    })),
    ...variants(optimiserSchema, 'name', 'Optimiser', 'optimiser'),
    ...variants(scheduleSchema, 'name', 'Schedule', 'schedule'),
    ...variants(stoppingRuleSchema, 'on', 'Early stopping on', 'earlyStopping'),
    ...variants(viewOperationSchema, 'op', 'View operation', 'views.views[].operations[]'),
    {
      title: 'An experiment file',
      lead: 'What `./unlabel experiment FILE` reads.',
      settings: settingsOf(experimentFileSchema).filter(({ key }) => key !== 'kind' && key !== 'version'),
    },
    {
      title: 'An ingest',
      lead: 'What `./unlabel ingest` asks for by its options, and `POST /api/datasets` by these names.',
      settings: settingsOf(ingestOptionsSchema),
    },
  ];
}

/** The whole document, as it must be formatted. */
export async function settingsDocument(): Promise<string> {
  const groups = settingGroups().map(
    ({ title, lead, settings }) =>
      `## ${title}\n\n${lead}\n\n${settings.length > 0 ? table(settings) : 'No settings.'}`,
  );
  const document = [
    '# Every setting',
    'Generated from the schemas that settings are checked by: `npm run docs` writes it anew. A wrong key or value never starts: the error names the field, what arrived, what is allowed and the nearest match.',
    `\`./unlabel run RECIPE --dataset NAME --check\` prints the whole spec with every default written out, and starts nothing.`,
    ...groups,
    '## Environment variables',
    'A service reads them when it starts.',
    variableTable(variables),
  ].join('\n\n');
  return format(`${document}\n`, { ...(await resolveConfig(settingsFile)), parser: 'markdown' });
}

const cell = (value: string) => value.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(settings: Setting[]): string {
  const rows = settings.map(
    ({ key, type, standard, meaning }) =>
      `| \`${key}\` | ${cell(type)} | ${standard === undefined ? '–' : cell(standard)} | ${cell(meaning)} |`,
  );
  return ['| key | what it may be | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function variableTable(all: Variable[]): string {
  const rows = all.map(
    ({ name, readBy, standard, meaning }) =>
      `| ${name
        .split(', ')
        .map((each) => `\`${each}\``)
        .join(', ')} | ${cell(readBy)} | ${cell(standard)} | ${cell(meaning)} |`,
  );
  return ['| variable | read by | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
