import { readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { UsageError } from '#lib/contracts';
import { encodeJpeg, encodePng } from '#lib/images';
import { Draws } from '#lib/sampling';

/** Makes a photograph-like JPEG as large as one of ImageNet: 500 × 375 pixels are about 110 kB. */
const quality = 92;
const noise = 14;

interface Size {
  width: number;
  height: number;
}

/** Waves of light and colour in several directions, with noise. */
function picture({ width, height }: Size, seed: number): Uint8Array {
  const draws = new Draws({ seed, purpose: 'bench-picture' });
  const waves = Array.from({ length: 6 }, () => ({
    across: draws.uniform(-0.2, 0.2),
    down: draws.uniform(-0.2, 0.2),
    phases: [draws.float(), draws.float(), draws.float()].map((turns) => 2 * Math.PI * turns),
  }));
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, at = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) {
      const light = waves.reduce(
        (sum, { across, down, phases }) =>
          sum + Math.sin(across * (i % width) + down * Math.floor(i / width) + (phases[c] as number)),
        0,
      );
      data[at++] = Math.min(255, Math.max(0, 128 + 30 * light + draws.uniform(-noise, noise)));
    }
  return data;
}

/** Writes pictures of these sizes to a folder, as JPEG or without loss. @returns the files */
export async function writePictures(
  folder: string,
  { name, sizes, isJpeg }: { name: string; sizes: readonly Size[]; isJpeg: boolean },
): Promise<string[]> {
  const write = async (size: Size, seed: number) => {
    const image = { ...size, data: picture(size, seed) };
    const file = join(folder, `${name}-${seed}.${isJpeg ? 'jpg' : 'png'}`);
    await writeFile(file, isJpeg ? await encodeJpeg(image, quality) : await encodePng(image));
    return file;
  };
  return Promise.all(sizes.map(write));
}

/** The first JPEGs of a folder. @throws UsageError if there are none */
export async function photographs(folder: string, most: number): Promise<string[]> {
  const names = (await readdir(folder)).filter((file) => /\.jpe?g$/i.test(file)).sort();
  if (names.length === 0) throw new UsageError(`augmentation: there are no JPEGs in ${folder}`);
  return names.slice(0, most).map((name) => resolve(folder, name));
}
