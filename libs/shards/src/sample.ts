import { FormatError } from '#lib/contracts';

/** One sample of a shard. */
export interface ShardSample {
  /** the path below the source */
  id: string;
  /** index of its class; -1: none */
  class: number;
  /** pixels [height, width, channels] of a small image, the original file of a large one */
  bytes: Uint8Array;
}

export const noClass = -1;
const maxInt32 = 2 ** 31 - 1;

/** @throws FormatError for what the formats can't hold: an id that is no Unicode text, a class that is no index */
export function checkSample({ id, class: label }: Pick<ShardSample, 'id' | 'class'>, where: string): void {
  // A lone surrogate has no UTF-8: it would be read back as another id.
  if (id === '' || !id.isWellFormed())
    throw new FormatError(`${where}: the id ${JSON.stringify(id)} is not text, it must be non-empty Unicode`);
  if (!Number.isInteger(label) || label < noClass || label > maxInt32)
    throw new FormatError(
      `${where}: sample ${JSON.stringify(id)} has class ${label}, it must be an index, or -1 for none`,
    );
}
