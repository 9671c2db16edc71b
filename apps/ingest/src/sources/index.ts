import { stat } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';

import { UsageError } from '#lib/contracts';

import { listFolder } from './folder.ts';
import { dropLoneFolder, type Listing, requireImages } from './listing.ts';
import { listTar } from './tar.ts';

export type { ListedImage, Listing } from './listing.ts';

export { findImagenetLayout, type ImagenetLayout, readLabelsFile } from './imagenet-layout.ts';

/**
 * Lists the images of one or several sources, by id. With several sources, ids begin with the source's own name, so
 * that equal paths in two of them stay apart; their class folders are united.
 * @param options.named ids begin with the source's name also where there is one only
 * @throws UsageError if a source does not exist or holds no image
 */
export async function listSources(
  sources: string[],
  progress: () => void,
  { named = sources.length > 1 }: { named?: boolean } = {},
): Promise<Listing> {
  const all: Listing = { images: [], setAside: [] };
  for (const source of sources) {
    const { images, setAside } = requireImages(await listOne(source, progress), source);
    const prefix = named ? `${basename(source)}/` : '';
    all.images.push(...images.map((image) => ({ ...image, id: prefix + image.id })));
    all.setAside.push(...setAside.map((entry) => ({ ...entry, id: prefix + entry.id })));
  }
  all.images = dropLoneFolder(all.images).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  for (let i = 1; i < all.images.length; i++)
    if (all.images[i]?.id === all.images[i - 1]?.id)
      throw new UsageError(`two images are called ${all.images[i]?.id}`, {
        remedy: 'give sources with different names, or rename one',
      });
  return all;
}

async function listOne(source: string, progress: () => void): Promise<Listing> {
  if (!isAbsolute(source)) throw new UsageError(`source ${source}: the path must be absolute`);
  const info = await stat(source).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`source ${source}: ${cause.code === 'ENOENT' ? 'no such file or folder' : cause.message}`, {
      cause,
      remedy: 'check the path; the ingest worker must be able to read it',
    });
  });
  return info.isDirectory() ? listFolder(source, progress) : listTar(source, Math.floor(info.mtimeMs), progress);
}
