import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { classFolder, isImageName, type ListedImage, type Listing } from './listing.ts';

/** Lists the images below a folder: class folders, nested or not, or a flat folder. Links are followed. */
export async function listFolder(folder: string, progress: () => void): Promise<Listing> {
  const names = (await readdir(folder, { recursive: true }))
    .map((name) => name.replaceAll('\\', '/'))
    .filter(isImageName);
  const images: ListedImage[] = [];
  for (const id of names.sort()) {
    const file = join(folder, id);
    const info = await stat(file);
    progress();
    if (info.isFile())
      images.push({ id, file, sizeBytes: info.size, modifiedMs: Math.floor(info.mtimeMs), folder: classFolder(id) });
  }
  return { images, setAside: [] };
}
