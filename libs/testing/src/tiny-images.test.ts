import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, inflateSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { temporaryFolder } from './temporary-folder.ts';
import { makeImageFolder, patternImage } from './tiny-images.ts';

const options = { classes: 3, perClass: 4, size: 8, seed: 1 };

/** The pixels of an unfiltered RGB PNG; throws for a chunk with a wrong checksum. */
function decode(png: Buffer, size: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    expect(crc32(body)).toBe(png.readUInt32BE(at + 8 + length));
    if (body.toString('latin1', 0, 4) === 'IDAT') parts.push(body.subarray(4));
    at += 12 + length;
  }
  const rows = inflateSync(Buffer.concat(parts));
  return Uint8Array.from(rows).filter((_, i) => i % (1 + 3 * size) !== 0);
}

test('writes class folders of valid PNGs, equal for equal options', async () => {
  await using folder = await temporaryFolder();
  const paths = await makeImageFolder(join(folder.path, 'a'), options);
  expect(await makeImageFolder(join(folder.path, 'b'), options)).toEqual(paths);
  expect(paths).toHaveLength(12);
  expect(paths).toEqual([...paths].sort());
  for (const path of paths) {
    const png = await readFile(join(folder.path, 'a', path));
    expect(await readFile(join(folder.path, 'b', path))).toEqual(png);
    const [label = 0, index = 0] = path.match(/\d+/g)?.map(Number) ?? [];
    expect(decode(png, options.size)).toEqual(patternImage({ label, index, size: options.size, seed: 1 }));
  }
});

test('nearest neighbours in pixels find the class far more often than chance, and no two pictures are equal', () => {
  const [classes, perClass, size] = [5, 20, 16];
  const pictures = Array.from({ length: classes * perClass }, (_, i) => ({
    label: Math.floor(i / perClass),
    pixels: patternImage({ label: Math.floor(i / perClass), index: i % perClass, size, seed: 3 }),
  }));
  const distance = (a: Uint8Array, b: Uint8Array) => a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0);
  const right = pictures.filter((query) => {
    const others = pictures.filter((other) => other !== query);
    const nearest = others.reduce((best, other) =>
      distance(query.pixels, other.pixels) < distance(query.pixels, best.pixels) ? other : best,
    );
    return nearest.label === query.label;
  });
  expect(right.length / pictures.length).toBeGreaterThan(0.5);
  expect(new Set(pictures.map(({ pixels }) => pixels.join())).size).toBe(pictures.length);
});
