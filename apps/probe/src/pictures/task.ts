import type { CheckpointEntry, DatasetIndex, PictureName, PicturesJob, RunSpec, Split } from '#lib/contracts';
import type { Samples } from '#lib/shards';

import type { OnProgress } from '../measure/kind.ts';

/** What pictures are made of. */
export interface PicturesTask {
  job: PicturesJob;
  spec: RunSpec;
  index: DatasetIndex;
  /** Of the step in the run's head; undefined at step 0. */
  entry: CheckpointEntry | undefined;
  /** Images that the encoder was not trained on: eval, or tune where there is none; undefined where there is neither. */
  split: 'eval' | 'tune' | undefined;
  samples(split: Split, limit: number | null): Samples;
  onProgress: OnProgress;
}

/** A file beside the object that names it. */
export interface PictureFile {
  file: string;
  bytes: Uint8Array;
}

/** A picture: a JSON file, and those that it refers to. */
export interface Picture {
  picture: PictureName;
  /** as it is stored */
  content: object;
  files: PictureFile[];
}
