import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ControlClient } from '#lib/client';

import { root } from '../stack/paths.ts';
import { presentControl } from '../stack/join-stack.ts';
import type { Names } from './candidates.ts';

/** Nobody waits longer for a completion. */
const withinMs = 700;

/** Names as recipes' files and a control that is there tell them; without one there are none. Nothing is started, nothing is said. */
export const presentNames: Names = {
  recipes: async () => (await recipeFiles()).filter(({ isExperiment }) => !isExperiment).map(({ name }) => name),
  experimentFiles: async () =>
    (await recipeFiles()).filter(({ isExperiment }) => isExperiment).map(({ name }) => `recipes/${name}.yaml`),
  runs: () => told(async (client) => (await client.runs()).map(({ run }) => run)),
  datasets: () => told(async (client) => (await client.datasets()).map(({ dataset }) => dataset)),
  experiments: () => told(async (client) => (await client.experiments()).map(({ experiment }) => experiment)),
};

async function recipeFiles(): Promise<{ name: string; isExperiment: boolean }[]> {
  const folder = join(root, 'recipes');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: file.replace(/\.yaml$/, ''),
      isExperiment: /^kind: experiment$/m.test(await readFile(join(folder, file), 'utf8')),
    })),
  );
}

async function told(ask: (client: ControlClient) => Promise<string[]>): Promise<string[]> {
  const asked = presentControl()
    .then((client) => (client ? ask(client) : []))
    .catch(() => []);
  return Promise.race([asked, sleep(withinMs, [], { ref: false })]);
}
