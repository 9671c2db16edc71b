import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

import { type IngestOptions, nearestName, UsageError } from '#lib/contracts';

import type { CatalogueDataset, PrepareReports } from './catalogue-dataset.ts';
import { cifar10 } from './cifar10.ts';
import { fashionMnist } from './fashion-mnist.ts';

export const catalogue: CatalogueDataset[] = [cifar10, fashionMnist];

/** Where fetched datasets lie: `UNLABEL_CACHE`, else the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['UNLABEL_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'unlabel');
  return join(resolve(base), 'datasets');
}

/** Turns names of the catalogue into files; paths stay as they are. @throws UsageError for a name that is neither */
export async function resolveSources(
  options: IngestOptions,
  reports: PrepareReports,
): Promise<{ sources: string[]; evalSources: string[] | null }> {
  const evalSources = options.evalSource === undefined ? null : [options.evalSource];
  const [only] = options.sources;
  if (options.sources.length !== 1 || only === undefined || isAbsolute(only))
    return { sources: options.sources, evalSources };
  const known = catalogue.find(({ name }) => name === only);
  if (known) {
    const prepared = await known.prepare(join(cacheFolder(), known.name), reports);
    return { sources: prepared.sources, evalSources: evalSources ?? prepared.evalSources };
  }
  const names = catalogue.map(({ name }) => name);
  const nearest = nearestName(only, names);
  throw new UsageError(`source ${only}: neither an absolute path nor a name of the catalogue`, {
    remedy: `the catalogue has ${names.join(', ')}; nearest: ${nearest}`,
    nearest,
  });
}
