import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { extract } from 'tar-stream';

import { encodeJpeg } from '#lib/images';
import { patternImage } from '#lib/testing';

interface Photo {
  /** WordNet's number of its class */
  wnid: string;
  name: string;
  bytes: Uint8Array;
}

/** The 200 photographs of imagenet-samples.tar, by WordNet number: neighbours show kindred things. */
async function photographs(tar: string): Promise<Photo[]> {
  const photos: Photo[] = [];
  const entries = extract();
  createReadStream(tar).pipe(entries);
  for await (const entry of entries) {
    const [, wnid, name] = /(n\d{8})_(.+)\.JPEG$/.exec(entry.header.name) ?? [];
    if (wnid === undefined || name === undefined) entry.resume();
    else photos.push({ wnid, name, bytes: await buffer(entry) });
  }
  return photos.sort((a, b) => (a.wnid < b.wnid ? -1 : 1));
}

/** Made pictures of as many kinds, of different sizes. */
function madePictures(count: number, kinds: number): Promise<Photo[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const size = 200 + ((index * 37) % 90);
      const label = Math.floor((index * kinds) / count);
      const data = patternImage({ label, index, size, seed: 3 });
      const bytes = await encodeJpeg({ width: size, height: size, channels: 3, data });
      return { wnid: `n${String(index).padStart(8, '0')}`, name: `kind-${label}`, bytes };
    }),
  );
}

export interface LayoutOptions {
  classes: number;
  perClass: number;
  /** the folder of imagenet-samples.tar; without it the pictures are made */
  imagesFolder: string | undefined;
}

const pieces = ['train.X1', 'train.X2', 'train.X3', 'train.X4'];

/**
 * A folder in the layout of ImageNet-100: every fifth picture of a class in val.X, the others over four train folders, Labels.json,
 * and one file that is cut short. A class is a run of neighbours; its folder is called as the first of them.
 * @returns the id of the corrupt file
 */
export async function makeImagenetLayout(root: string, options: LayoutOptions): Promise<string> {
  const { classes, perClass, imagesFolder } = options;
  const photos = imagesFolder
    ? await photographs(join(imagesFolder, 'imagenet-samples.tar'))
    : await madePictures(classes * perClass, classes);
  const labels: Record<string, string> = {};
  let cutShort = '';
  for (let c = 0; c < classes; c++) {
    const members = photos.slice(c * perClass, (c + 1) * perClass);
    const folder = members[0]?.wnid ?? '';
    labels[folder] = `${members[0]?.name} and its like`;
    for (const [n, { wnid, bytes }] of members.entries()) {
      const place = n % 5 === 4 ? 'val.X' : (pieces[n % 4] as string);
      await mkdir(join(root, place, folder), { recursive: true });
      await writeFile(join(root, place, folder, `${wnid}_${n}.JPEG`), bytes);
    }
    if (c > 0) continue;
    cutShort = `train.X3/${folder}/cut-short.JPEG`;
    const [{ bytes }] = members as [Photo];
    await mkdir(join(root, 'train.X3', folder), { recursive: true });
    await writeFile(join(root, cutShort), bytes.subarray(0, bytes.length >> 1));
  }
  await writeFile(join(root, 'Labels.json'), JSON.stringify(labels));
  return cutShort;
}
