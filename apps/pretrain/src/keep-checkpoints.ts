import type { CheckpointEntry } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

/**
 * The checkpoints a head goes on naming: the newest, the last `keep` at fixed steps, the final one for good, and those that
 * are held: the best, and any whose probe has not come.
 */
export function keptCheckpoints(
  checkpoints: CheckpointEntry[],
  keep: number,
  isHeld: (entry: CheckpointEntry) => boolean = () => false,
): CheckpointEntry[] {
  const newest = checkpoints.at(-1);
  const fixed = checkpoints.filter(({ kind }) => kind === 'fixed').slice(-keep);
  return checkpoints.filter(
    (entry) => entry === newest || entry.kind === 'final' || fixed.includes(entry) || isHeld(entry),
  );
}

/** Removes the files of checkpoints that no head names any more. */
export async function sweepCheckpoints(
  store: Pick<ObjectStore, 'list' | 'delete'>,
  dropped: CheckpointEntry[],
): Promise<void> {
  for (const { folder } of dropped) {
    const files: string[] = [];
    for await (const { key } of store.list(`${folder}/`)) files.push(key);
    for (const key of files) await store.delete(key);
  }
}
