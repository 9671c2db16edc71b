import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';
import { type TemporaryFolder, temporaryFolder } from '#lib/testing';

import { root } from '../stack/paths.ts';
import { readExperiment } from './experiment.ts';

let folder: TemporaryFolder;
beforeAll(async () => void (folder = await temporaryFolder('experiment')));
afterAll(() => folder[Symbol.asyncDispose]());

async function put(text: string, name = 'My File.yaml'): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, text);
  return path;
}

test('a file is named after itself; one in recipes is found by its name', async () => {
  const path = await put('{ kind: experiment, version: 1, title: T, runs: [{ recipe: a }] }');
  expect(await readExperiment(path)).toMatchObject({ name: 'my-file', file: { title: 'T', datasets: [] } });
  expect(await readExperiment('brief')).toEqual(await readExperiment(join(root, 'recipes/brief.yaml')));
});

test('the report’s comparison is of recipes that are there', async () => {
  const { file } = await readExperiment('brief');
  const there = await readdir(join(root, 'recipes'));
  expect(file.runs.map(({ recipe }) => recipe)).toEqual([
    'brief-mae',
    'brief-simsiam',
    'brief-barlow-twins',
    'brief-nnclr',
  ]);
  for (const { recipe } of file.runs) expect(there).toContain(`${recipe}.yaml`);
});

test.each([
  ['title: [', 'not YAML'],
  ['just words', 'does not say kind: experiment'],
  ['', 'does not say kind: experiment'],
  ['{ kind: experiment, version: 1, title: T, runs: [] }', 'runs: an experiment compares at least one run'],
  ['{ kind: experiment, version: 1, title: T, runs: [{ recipe: 3 }] }', 'runs.0.recipe'],
])('refuses %j, saying %s', async (text, message) => {
  await expect(readExperiment(await put(text))).rejects.toThrow(message);
  await expect(readExperiment(await put(text))).rejects.toThrow(UsageError);
});

test('a file that is not there is answered with where it was looked for', async () => {
  await expect(readExperiment('nothing-here')).rejects.toMatchObject({
    message: 'experiment nothing-here: no such file',
    remedy: expect.stringContaining(join(root, 'recipes/nothing-here.yaml')) as string,
  });
});
