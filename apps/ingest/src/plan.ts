import { basename } from 'node:path';

import {
  hashJson,
  type IngestOptions,
  type IngestPlan,
  type IngestPlanPart,
  type IngestRequest,
  keys,
  sha256Text,
  type Split,
  UsageError,
} from '#lib/contracts';
import { decoderRevision, ImageError, readImageSize } from '#lib/images';
import { jsonBytes, type ObjectStore } from '#lib/storage';

import { resolveSources } from './catalogue/index.ts';
import { ImageReader } from './read-image.ts';
import { findImagenetLayout, type ListedImage, type Listing, listSources, readLabelsFile } from './sources/index.ts';
import { type ClassName, splitImages } from './split.ts';

/** Small images are stored as tensors up to this side, unless `size` says otherwise; larger ones as their own bytes. */
const smallSide = 128;
const smallShardBytes = 4 * 1024 * 1024;
const largeShardBytes = 64 * 1024 * 1024;
const largeShardImages = 512;
/** Sizes of so many images decide whether a source has one size. Every image is checked when it is read. */
const sizesLookedAt = 200;
/** So many of them must have one size; the few others are set aside, which is said with their names. */
const oneSizeFraction = 0.95;

export interface Planned {
  planHash: string;
  plan: IngestPlan;
  /** what was decided that the user may not expect; no part of the plan */
  notes: string[];
}

/** How planning tells where it stands. */
export interface PlanReports {
  log(text: string): void;
  /** called as listing, downloading and converting advance */
  progress(): void;
}

/** Lists a request's source, cuts it into parts and stores the plan, its parts first. The same source gives the same plan. */
export async function planIngest(store: ObjectStore, request: IngestRequest, reports: PlanReports): Promise<Planned> {
  const { listing, evalListing, labels, notes: found } = await listRequest(request.options, reports);
  const options = labels ? { ...request.options, labels } : request.options;
  const { classes, splits, notes: uneven } = splitImages(listing.images, evalListing?.images ?? null, options);
  const images = await imageKind(splits.train, request.options);
  const parts = (Object.keys(splits) as Split[]).flatMap((split) => cutSplit(split, splits[split], images, classes));
  const plan: IngestPlan = {
    format: 'unlabel.ingest-plan',
    version: 1,
    images,
    classes,
    maxPixels: request.options.maxPixels,
    revision: decoderRevision,
    parts: parts.map((part) => ({ split: part.split, images: part.images.length, sha256: hashJson(part) })),
    listingSetAside: [...listing.setAside, ...(evalListing?.setAside ?? [])],
  };
  const planHash = hashJson(plan);
  for (const [n, part] of parts.entries()) {
    await store.create(keys.ingestPlanPart(request.dataset, planHash, n), jsonBytes(part));
    reports.progress();
  }
  await store.create(keys.ingestPlan(request.dataset, planHash), jsonBytes(plan));
  return { planHash, plan, notes: [...found, ...uneven] };
}

interface ListedRequest {
  listing: Listing;
  evalListing: Listing | null;
  /** of the source's own Labels.json */
  labels: Record<string, string> | null;
  notes: string[];
}

/** Lists what a request names. The layout of ImageNet-100 is known by itself; what the request says goes before it. */
async function listRequest(options: IngestOptions, { log, progress }: PlanReports): Promise<ListedRequest> {
  const layout = await findImagenetLayout(options.sources);
  if (!layout) {
    const { sources, evalSources } = await resolveSources(options, { log, progress });
    return {
      listing: await listSources(sources, progress),
      evalListing: evalSources ? await listSources(evalSources, progress) : null,
      labels: null,
      notes: [],
    };
  }
  const evalSources = options.evalSource === undefined ? layout.eval : [options.evalSource];
  const short = (paths: string[]) => paths.map((path) => basename(path)).join(', ');
  const labelled = layout.labels !== null && options.labels === undefined;
  const note = [
    `${layout.root} has the layout of ImageNet-100: train is ${short(layout.train)}, eval is ${short(evalSources) || 'held out of it'}`,
    ...(labelled ? ['classes are called as in its Labels.json'] : []),
    ...(layout.ignored.length > 0 ? [`left out: ${layout.ignored.join(', ')}`] : []),
  ].join('; ');
  return {
    listing: await listSources(layout.train, progress, { named: true }),
    evalListing: evalSources.length > 0 ? await listSources(evalSources, progress, { named: true }) : null,
    labels: labelled ? await readLabelsFile(layout.labels as string) : null,
    notes: [note],
  };
}

/** One size for nearly all images, and a small one: tensors of that size. Else the images stay as they are. */
async function imageKind(images: ListedImage[], { size, maxPixels }: IngestOptions): Promise<IngestPlan['images']> {
  if (size !== undefined) return { kind: 'small', width: size, height: size, resize: true };
  const sizes = (await sampleSizes(images)).filter((seen) => seen.width * seen.height <= maxPixels);
  const counts = new Map<string, { width: number; height: number; count: number }>();
  for (const { width, height } of sizes) {
    const name = `${width} × ${height}`;
    counts.set(name, { width, height, count: (counts.get(name)?.count ?? 0) + 1 });
  }
  const [most] = [...counts.values()].sort((a, b) => b.count - a.count);
  if (!most)
    throw new UsageError('none of the images looked at could be read', {
      remedy: 'look at a few of the files yourself',
    });
  const { width, height, count } = most;
  const isSmall = count >= sizes.length * oneSizeFraction && Math.max(width, height) <= smallSide;
  return isSmall ? { kind: 'small', width, height, resize: false } : { kind: 'large' };
}

async function sampleSizes(images: ListedImage[]): Promise<{ width: number; height: number }[]> {
  await using reader = new ImageReader();
  const every = Math.max(1, Math.floor(images.length / sizesLookedAt));
  const sizes: { width: number; height: number }[] = [];
  for (let i = 0; i < images.length; i += every) {
    const found = await readImageSize(await reader.read(images[i] as ListedImage)).catch((error: unknown) => {
      if (error instanceof ImageError) return undefined; // set aside by name when its part is read
      throw error;
    });
    if (found) sizes.push(found);
  }
  return sizes;
}

/** Parts of one split. Images are ordered by the hash of their ids, so that every shard holds a mixture of classes. */
function cutSplit(
  split: Split,
  images: ListedImage[],
  kind: IngestPlan['images'],
  classes: ClassName[],
): IngestPlanPart[] {
  const classOf = new Map(classes.map(({ folder }, index) => [folder, index]));
  const hashed = images.map((image) => ({ image, hash: sha256Text(image.id) }));
  hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1));
  const parts: IngestPlanPart[] = [];
  let part: IngestPlanPart['images'] = [];
  let sizeBytes = 0;
  const close = () => {
    if (part.length > 0) parts.push({ format: 'unlabel.ingest-plan-part', version: 1, split, images: part });
    part = [];
    sizeBytes = 0;
  };
  for (const { image } of hashed) {
    const { folder, ...rest } = image;
    part.push({ ...rest, class: folder === null ? -1 : (classOf.get(folder) ?? -1) });
    sizeBytes += kind.kind === 'small' ? kind.width * kind.height * 3 : image.sizeBytes;
    const full =
      kind.kind === 'small'
        ? sizeBytes >= smallShardBytes
        : sizeBytes >= largeShardBytes || part.length >= largeShardImages;
    if (full) close();
  }
  close();
  return parts;
}
