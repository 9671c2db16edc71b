import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { pack } from 'tar-stream';

import { encodePng } from '#lib/images';

/** One picture to be packed: RGB pixels [height, width, 3] and its name within the tar. */
export interface Picture {
  name: string;
  width: number;
  height: number;
  data: Uint8Array;
}

/** Packs pictures as PNG files into a tar; it appears under its name only when it is whole. */
export async function writeImageTar(
  file: string,
  pictures: AsyncIterable<Picture> | Iterable<Picture>,
  progress: () => void,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  const tar = pack();
  const written = pipeline(tar, createWriteStream(temporary));
  try {
    for await (const { name, png } of encoded(pictures)) {
      progress();
      await new Promise<void>((resolve, reject) => {
        tar.entry({ name, mtime: new Date(0) }, Buffer.from(png), (error) => (error ? reject(error) : resolve()));
      });
    }
    tar.finalize();
    await written;
    await rename(temporary, file);
  } catch (error) {
    tar.destroy();
    await written.catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

const encodedAhead = 32;

/** Encodes some pictures ahead of the one that is wanted, in order, so that every core has work. */
async function* encoded(pictures: AsyncIterable<Picture> | Iterable<Picture>) {
  const queue: { name: string; png: Promise<Uint8Array> }[] = [];
  const next = async () => {
    const { name, png } = queue.shift() as { name: string; png: Promise<Uint8Array> };
    return { name, png: await png };
  };
  for await (const { name, ...pixels } of pictures) {
    const png = encodePng(pixels);
    png.catch(() => undefined); // thrown where it is awaited
    queue.push({ name, png });
    if (queue.length >= encodedAhead) yield await next();
  }
  while (queue.length > 0) yield await next();
}
