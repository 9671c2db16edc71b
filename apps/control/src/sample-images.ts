import {
  type Confused,
  type DatasetIndex,
  type DatasetSamples,
  decodePredictions,
  keys,
  NotFoundError,
  type ProbeKind,
  type ProbeSplit,
  type Split,
  UsageError,
} from '#lib/contracts';
import { decodeAndResize, decodeImage, encodeJpeg, encodePng } from '#lib/images';
import type { ObjectStore } from '#lib/storage';

import type { Datasets } from './datasets.ts';
import type { Runs } from './runs.ts';
import { SampleReader, type StoredImage } from './sample-reader.ts';

/** Which index numbers the samples: the one that a dataset has now, or an earlier one that a run was trained on. */
export interface SamplesOf {
  dataset: string;
  /** hash of the index; undefined: the present one */
  content: string | undefined;
  split: Split;
}

/** An image for a page. */
export interface ServedImage {
  type: 'image/png' | 'image/jpeg';
  bytes: Uint8Array;
  /** is another one for another image, also of the same address */
  etag: string;
  /** Whether the address names the index: what it gives never changes. */
  isImmutable: boolean;
}

const noLimit = { maxPixels: Number.MAX_SAFE_INTEGER }; // ingest has refused what is too large
const jpegQuality = 85;

/** Images of datasets, by the numbers that their index gives them. */
export class SampleImages {
  readonly #store: ObjectStore;
  readonly #datasets: Datasets;
  readonly #runs: Runs;
  readonly #reader: SampleReader;

  constructor(store: ObjectStore, datasets: Datasets, runs: Runs) {
    this.#store = store;
    this.#datasets = datasets;
    this.#runs = runs;
    this.#reader = new SampleReader(store);
  }

  /** @throws UsageError for a class that the dataset doesn't have */
  async list(
    of: SamplesOf,
    { label, offset, count }: { label: number | null; offset: number; count: number },
  ): Promise<DatasetSamples> {
    const { contentHash, index } = await this.#index(of);
    if (label !== null && label >= index.classes.length)
      throw new UsageError(`class: ${label}, but dataset ${of.dataset} has ${index.classes.length} classes`, {
        field: 'class',
        remedy: index.classes.length > 0 ? `use 0 to ${index.classes.length - 1}` : 'leave it out',
      });
    const total = label === null ? index.splits[of.split] : (index.classCounts[of.split][label] ?? 0);
    const samples = await this.#reader.page(index, of.split, { label, offset, count });
    return { dataset: of.dataset, contentHash, split: of.split, class: label, total, offset, samples };
  }

  /**
   * One image as it is stored, or resized so that the shorter side is `size` and the middle cut out.
   * @throws NotFoundError for a number that the split doesn't have
   */
  async image(of: SamplesOf, number: number, size: number | null): Promise<ServedImage> {
    const { contentHash, index } = await this.#index(of);
    const etag = `"${contentHash.slice(0, 24)}-${of.split}-${number}-${size ?? 'whole'}"`;
    const stored = await this.#reader.image(index, of.split, number);
    return { ...(await encoded(stored, size)), etag, isImmutable: of.content !== undefined };
  }

  /** The images behind a cell of a confusion matrix. @throws NotFoundError for a result without predictions, which older ones are */
  async confused(
    run: string,
    { step, kind, split }: { step: number; kind: ProbeKind; split: ProbeSplit },
    cell: { truth: number; predicted: number; offset: number; limit: number },
  ): Promise<Confused> {
    const { dataset } = await this.#runs.spec(run);
    const { contentHash, index } = await this.#index({ dataset: dataset.name, content: dataset.contentHash });
    for (const field of ['truth', 'predicted'] as const)
      if (cell[field] >= index.classes.length)
        throw new UsageError(
          `${field}: ${cell[field]}, but dataset ${dataset.name} has ${index.classes.length} classes`,
          {
            field,
            remedy: `use 0 to ${index.classes.length - 1}`,
          },
        );
    const key = keys.predictions(run, step, kind, split);
    const object = await this.#store.get(key);
    if (!object)
      throw new NotFoundError(
        `run ${run}: what ${kind} took each image of ${split} for at step ${step} is not stored`,
        {
          remedy: `measure it again: ./unlabel probe ${run} --kind ${kind} --checkpoint ${step} --split ${split} --again`,
        },
      );
    const { samples, truth, predicted } = decodePredictions(object.bytes, key);
    const found = [...samples].filter((_, row) => truth[row] === cell.truth && predicted[row] === cell.predicted);
    const page = found.slice(cell.offset, cell.offset + cell.limit);
    return {
      run,
      step,
      kind,
      split,
      dataset: dataset.name,
      contentHash,
      truth: cell.truth,
      predicted: cell.predicted,
      total: found.length,
      samples: await this.#reader.named(index, split, page),
    };
  }

  /** @throws NotFoundError for an index that the dataset never had */
  async #index({ dataset, content }: Omit<SamplesOf, 'split'>): Promise<{ contentHash: string; index: DatasetIndex }> {
    if (content === undefined) {
      const { head, index } = await this.#datasets.ready(dataset);
      return { contentHash: head.contentHash, index };
    }
    return { contentHash: content, index: await this.#datasets.indexOf(dataset, content) };
  }
}

async function encoded(image: StoredImage, size: number | null): Promise<Pick<ServedImage, 'type' | 'bytes'>> {
  if (image.kind === 'pixels') return { type: 'image/png', bytes: await encodePng(image) };
  // A browser need not know every format that ingest takes, and thumbnails are asked for by the dozen.
  const pixels =
    size === null ? await decodeImage(image.bytes, noLimit) : await decodeAndResize(image.bytes, size, noLimit);
  return { type: 'image/jpeg', bytes: await encodeJpeg(pixels, jpegQuality) };
}
