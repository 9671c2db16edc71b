import type { DatasetRemoved } from '#lib/contracts';
import { bytes } from '#lib/figures';

import { type Context, show } from '../context.ts';

export interface RemoveDatasetFlags {
  force?: boolean;
}

/** Removes a dataset with its images. Runs that ended on it stay, with their figures. */
export async function removeDataset(context: Context, dataset: string, flags: RemoveDatasetFlags): Promise<void> {
  const client = await context.control();
  show(context, await client.removeDataset(dataset, flags.force === true), removedText);
}

export function removedText({ dataset, freedBytes, keptBytes, stopped, isSwept }: DatasetRemoved): string {
  const stays = keptBytes > 0 ? `; ${bytes(keptBytes)} stay, which other datasets hold as well` : '';
  const freed = isSwept
    ? `${bytes(freedBytes)} of images are freed${stays}`
    : 'its images go when the ingests that are under way have ended';
  return [
    `${dataset}  removed: ${freed}`,
    ...(stopped.length > 0 ? [`  told to stop: ${stopped.join(', ')}`] : []),
  ].join('\n');
}
