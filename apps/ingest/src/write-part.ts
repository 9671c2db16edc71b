import pLimit from 'p-limit';

import {
  FormatError,
  hashJson,
  type IngestPart,
  type IngestPartJob,
  type IngestPlan,
  type IngestPlanPart,
  ingestPlanPartSchema,
  ingestPlanSchema,
  keys,
  type SourceImage,
} from '#lib/contracts';
import { decodeAndResize, decodeImage, decoderRevision, ImageError } from '#lib/images';
import { imageExtension, writeLargeShard, writeSmallShard } from '#lib/shards';
import { jsonBytes, type ObjectStore, requireJson, sha256 } from '#lib/storage';

import { ImageReader } from './read-image.ts';

/** Images decoded at once; more only fill memory, since the decoder has a thread pool of its own. */
const imagesAtOnce = 8;

interface ReadImage {
  image: SourceImage;
  /** pixels of a small image, [height, width, 3], or the bytes as they are */
  bytes: Uint8Array;
}

/** Reads the plan and one of its parts, verified. */
export async function readPlanPart(
  store: ObjectStore,
  job: IngestPartJob,
): Promise<{ plan: IngestPlan; part: IngestPlanPart }> {
  const plan = await requireJson(store, keys.ingestPlan(job.dataset, job.planHash), ingestPlanSchema);
  const key = keys.ingestPlanPart(job.dataset, job.planHash, job.part);
  const part = await requireJson(store, key, ingestPlanPartSchema);
  if (hashJson(part) !== plan.parts[job.part]?.sha256)
    throw new FormatError(`${key}: its sha256 is not the one the plan gives`);
  if (plan.revision !== decoderRevision)
    throw new FormatError(
      `plan ${job.planHash.slice(0, 12)}… is for decoder ${plan.revision}, this worker has ${decoderRevision}`,
      {
        remedy: 'ingest again, or start workers of one version',
      },
    );
  return { plan, part };
}

/**
 * Reads every image of a part and writes its shard, then the part's result. An image that can't be decoded is set aside
 * by name and reason; a source that is gone ends the part, since its images would be missing without being bad.
 */
export async function writePart(store: ObjectStore, job: IngestPartJob, onImage: () => void): Promise<IngestPart> {
  const { plan, part } = await readPlanPart(store, job);
  await using reader = new ImageReader();
  const limit = pLimit(imagesAtOnce);
  const setAside: IngestPart['setAside'] = [];
  const read = await Promise.all(
    part.images.map((image) =>
      limit(async (): Promise<ReadImage | undefined> => {
        const bytes = await reader.read(image);
        onImage();
        return readOne(plan, image, bytes).catch((error: unknown) => {
          if (!(error instanceof ImageError)) throw error;
          setAside.push({ id: image.id, reason: error.message });
          return undefined;
        });
      }),
    ),
  );
  const good = read.filter((entry) => entry !== undefined);
  const classCounts = plan.classes.map((_, index) => good.filter(({ image }) => image.class === index).length);
  setAside.sort((a, b) => (a.id < b.id ? -1 : 1));
  const shard = good.length === 0 ? null : await writeShard(store, plan, part, good);
  const result: IngestPart = { format: 'unlabel.ingest-part', version: 1, shard, classCounts, setAside };
  await store.create(keys.ingestPart(job.dataset, job.planHash, job.part), jsonBytes(result));
  return result;
}

async function readOne(plan: IngestPlan, image: SourceImage, bytes: Uint8Array): Promise<ReadImage> {
  const { images, maxPixels } = plan;
  if (images.kind === 'large') {
    await decodeImage(bytes, { maxPixels }); // validated once, here: never met mid-run
    requireKnownFormat(bytes, image.id);
    return { image, bytes };
  }
  if (images.resize) return { image, bytes: (await decodeAndResize(bytes, images.width, { maxPixels })).data };
  const { width, height, data } = await decodeImage(bytes, { maxPixels });
  if (width !== images.width || height !== images.height)
    throw new ImageError(
      `is ${width} × ${height}, the other images are ${images.width} × ${images.height}; ingest with --size to make them equal`,
    );
  return { image, bytes: data };
}

/** @throws ImageError for a file that the decoder reads and the shard format has no name for */
function requireKnownFormat(bytes: Uint8Array, id: string): void {
  try {
    imageExtension(bytes, id);
  } catch (cause) {
    throw new ImageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function writeShard(
  store: ObjectStore,
  plan: IngestPlan,
  part: IngestPlanPart,
  good: ReadImage[],
): Promise<IngestPart['shard']> {
  const { images } = plan;
  const entries = good.map(({ image, bytes }) => ({ id: image.id, class: image.class, bytes }));
  const bytes =
    images.kind === 'small'
      ? writeSmallShard({ width: images.width, height: images.height, channels: 3, entries })
      : await writeLargeShard(entries);
  const digest = sha256(bytes);
  const key = keys.shard(digest, images.kind);
  if ((await store.create(key, bytes)) === 'exists') await mendShard(store, key, bytes, digest);
  return { split: part.split, key, sizeBytes: bytes.length, samples: good.length, sha256: digest };
}

/** Named by its content, a shard that exists is the same; one that was altered or cut short since gets its bytes back. */
async function mendShard(store: ObjectStore, key: string, bytes: Uint8Array, digest: string): Promise<void> {
  const found = await store.get(key);
  if (found && sha256(found.bytes) === digest) return;
  await store.replace(key, bytes, found?.version); // who wins a race writes the same
}
