import { type DatasetIndex, type Split } from '#lib/contracts';
import { decodeAndResize, decodeImage } from '#lib/images';
import { Samples } from '#lib/shards';
import { type ObjectStore, sha256 } from '#lib/storage';
import { middleSquare } from '#lib/transforms';

/** The samples of a split, or the first of them. @throws FormatError where its shards hold other numbers than the index says */
export const openSamples = (store: ObjectStore, index: DatasetIndex, split: Split, limit: number | null): Samples =>
  new Samples({ store, sha256, decodeImage, decodeAndResize, middleSquare }, index, split, limit);
