import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { z } from 'zod';

import { codeVersion } from '#lib/contracts';

import { root } from '../../../apps/cli/src/stack/paths.ts';

import { renderMarkdown } from './markdown.ts';
import { type Report, reportSchema } from './report.ts';

/** Writes `report.md` and `report.json` into a folder, each whole or not at all. @returns their paths */
export async function writeReport(folder: string, report: Report): Promise<{ markdown: string; json: string }> {
  await mkdir(folder, { recursive: true });
  const paths = { markdown: join(folder, 'report.md'), json: join(folder, 'report.json') };
  await writeWhole(paths.markdown, renderMarkdown(report));
  await writeWhole(paths.json, `${JSON.stringify(reportSchema.parse(report), null, 2)}\n`);
  return paths;
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** What the figures were measured with. */
export async function versionsHere(): Promise<Record<string, string>> {
  const commit = await promisify(execFile)('git', ['describe', '--always', '--dirty'], { cwd: root }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined, // a copy without its history
  );
  return {
    unlabel: codeVersion,
    ...(commit && { commit }),
    Node: process.versions.node,
    TensorFlow: await tensorflowVersion(),
  };
}

/** Of the record that the set-up leaves beside the binding. */
async function tensorflowVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json');
  const record = await readFile(join(dirname(entry), 'lib', 'napi-v8', 'tfjs_binding.json'), 'utf8');
  return z.looseObject({ tensorflow: z.string() }).parse(JSON.parse(record)).tensorflow;
}
