import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

export interface ImageFolderOptions {
  classes: number;
  perClass: number;
  /** side of the square images, in pixels */
  size: number;
  seed?: number;
}

/**
 * Writes class folders `class-0/000.png …` of small colour pictures. Pictures of a class have stripes of one direction, width and
 * colour, each with its own phase, brightness and noise: enough structure for k-NN to tell classes apart. Equal options give equal files.
 * @returns the paths below `folder`, in byte order
 */
export async function makeImageFolder(folder: string, options: ImageFolderOptions): Promise<string[]> {
  const paths: string[] = [];
  for (let label = 0; label < options.classes; label++) {
    const name = `class-${label}`;
    await mkdir(join(folder, name), { recursive: true });
    for (let index = 0; index < options.perClass; index++) {
      const path = `${name}/${String(index).padStart(3, '0')}.png`;
      const pixels = patternImage({ label, index, size: options.size, seed: options.seed ?? 0 });
      await writeFile(join(folder, path), encodePng(pixels, options.size));
      paths.push(path);
    }
  }
  return paths;
}

/** The pixels of one such picture: [size, size, 3], uint8. */
export function patternImage(options: { label: number; index: number; size: number; seed: number }): Uint8Array {
  const { label, index, size, seed } = options;
  const draw = mulberry32(seed * 1_000_003 + label * 1009 + index);
  const [phase, brightness] = [draw() * 2 * Math.PI, 0.7 + 0.3 * draw()];
  const angle = label * 2.399963; // the golden angle: directions of any number of classes stay apart
  const waves = 1.5 + (label % 4);
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const along = (x * Math.cos(angle) + y * Math.sin(angle)) / size;
      const stripe = 0.5 + 0.5 * Math.sin(2 * Math.PI * waves * along + phase);
      for (let channel = 0; channel < 3; channel++) {
        const tint = 0.6 + 0.4 * Math.cos(label * 1.7 + (channel * 2 * Math.PI) / 3);
        pixels[(y * size + x) * 3 + channel] = Math.round(255 * brightness * tint * stripe * 0.9 + 25 * draw());
      }
    }
  return pixels;
}

/** An 8-bit RGB PNG. */
function encodePng(pixels: Uint8Array, size: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const rows = Buffer.alloc(size * (1 + 3 * size)); // each row starts with its filter, 0: none
  for (let y = 0; y < size; y++) rows.set(pixels.subarray(y * size * 3, (y + 1) * size * 3), y * (1 + 3 * size) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** A small generator for test pictures only; data comes from libs/sampling. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
