import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { classFolder, isImageName, type ListedImage, type Listing } from './listing.ts';

/** Lists the images below a folder: class folders, nested or not, or a flat folder. Links to files are followed. */
export async function listFolder(folder: string, progress: () => void): Promise<Listing> {
  const names = (await readdir(folder, { recursive: true }))
    .map((name) => name.replaceAll('\\', '/'))
    .filter(isImageName);
  const images: ListedImage[] = [];
  const setAside: Listing['setAside'] = [];
  for (const id of names.sort()) {
    const file = join(folder, id);
    const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    progress();
    if (info === undefined) setAside.push({ id, reason: 'a link to a file that does not exist' });
    else if (info.isFile())
      images.push({ id, file, sizeBytes: info.size, modifiedMs: Math.floor(info.mtimeMs), folder: classFolder(id) });
  }
  return { images, setAside };
}
