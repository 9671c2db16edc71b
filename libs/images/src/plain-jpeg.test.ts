import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { expect, test } from 'vitest';

import { decodeImage, ImageError, ImageReader } from './index.ts';
import { decodePlainJpeg } from './plain-jpeg.ts';

const limit = 1_000_000;
/** One for all, so that each image is read into memory that held another. */
const reader = new ImageReader();
/** A picture with edges and noise. */
const picture = (width: number, height: number) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => (i % 37 < 18 ? 200 : 20) + ((i * 7919) % 53)),
    { raw: { width, height, channels: 3 } },
  );
/** What sharp alone makes of a file. */
const bySharp = async (bytes: Uint8Array) => {
  const image = sharp(bytes).autoOrient().flatten({ background: '#000000' }).toColourspace('srgb');
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: 3, data: new Uint8Array(data) };
};

test('a plain JPEG has the very pixels that sharp gives, whatever its size, sampling, quality and order', async () => {
  const options = fc.record<JpegOptions>({
    quality: fc.integer({ min: 1, max: 100 }),
    chromaSubsampling: fc.constantFrom('4:2:0', '4:4:4'),
    progressive: fc.boolean(),
    mozjpeg: fc.boolean(),
    optimiseCoding: fc.boolean(),
  });
  const side = fc.integer({ min: 1, max: 70 });
  await fc.assert(
    fc.asyncProperty(side, side, options, async (width, height, chosen) => {
      const bytes = await picture(width, height).jpeg(chosen).toBuffer();
      const image = await bySharp(bytes);
      expect(await decodePlainJpeg(bytes, limit)).toEqual(image);
      expect(await reader.read(bytes, { maxPixels: limit })).toEqual(image);
    }),
    { numRuns: 60 },
  );
});

/** The file with EXIF data of one entry ahead of everything else. */
function withOrientation(jpeg: Uint8Array, orientation: number, isLittle: boolean): Uint8Array {
  const exif = new DataView(new ArrayBuffer(36));
  exif.setUint32(0, 0xffe10022);
  for (const [i, letter] of [...'Exif\0\0'].entries()) exif.setUint8(4 + i, letter.charCodeAt(0));
  exif.setUint16(10, isLittle ? 0x4949 : 0x4d4d);
  exif.setUint16(12, 42, isLittle);
  exif.setUint32(14, 8, isLittle); // where the directory begins
  exif.setUint16(18, 1, isLittle);
  exif.setUint16(20, 0x0112, isLittle);
  exif.setUint16(22, 3, isLittle);
  exif.setUint32(24, 1, isLittle);
  exif.setUint16(28, orientation, isLittle);
  return Buffer.concat([jpeg.subarray(0, 2), new Uint8Array(exif.buffer), jpeg.subarray(2)]);
}

test.each([true, false])(
  'EXIF data decide by their orientation whether a JPEG is plain (little-endian: %s)',
  async (little) => {
    const bytes = await picture(20, 12).jpeg().toBuffer();
    const upright = withOrientation(bytes, 1, little);
    const turned = withOrientation(bytes, 6, little);
    expect(await decodePlainJpeg(upright, limit)).toEqual(await bySharp(upright));
    expect(await decodePlainJpeg(turned, limit)).toBeUndefined();
    expect(await decodeImage(turned, { maxPixels: limit })).toMatchObject({ width: 12, height: 20 });
  },
);

test('EXIF data that say nothing of orientation leave a JPEG plain', async () => {
  const bytes = await picture(20, 12)
    .jpeg()
    .withExif({ IFD0: { Copyright: 'nobody' } })
    .toBuffer();
  expect(await decodePlainJpeg(bytes, limit)).toEqual(await bySharp(bytes));
});

test.each<[string, () => Promise<Uint8Array>]>([
  ['with a colour profile', () => picture(20, 12).jpeg().withIccProfile('p3').toBuffer()],
  ['grey', () => picture(20, 12).toColourspace('b-w').jpeg().toBuffer()],
  ['CMYK', () => picture(20, 12).toColourspace('cmyk').jpeg().toBuffer()],
])('a JPEG that is %s is left to sharp', async (_, make) => {
  const bytes = await make();
  expect(await decodePlainJpeg(bytes, limit)).toBeUndefined();
  expect((await decodeImage(bytes, { maxPixels: limit })).data.length).toBe(20 * 12 * 3);
});

test('what is no JPEG, too large, cut short or damaged anywhere is left to sharp, and crashes nothing', async () => {
  const whole = new Uint8Array(await picture(64, 48).jpeg({ progressive: true }).withExif({ IFD0: {} }).toBuffer());
  expect(await decodePlainJpeg(whole, 64 * 48 - 1)).toBeUndefined();
  expect(await decodePlainJpeg(new Uint8Array(), limit)).toBeUndefined();
  expect(await decodePlainJpeg(new Uint8Array(await picture(4, 4).png().toBuffer()), limit)).toBeUndefined();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 3 }), async (length) => {
      expect(await decodePlainJpeg(whole.slice(0, length), limit)).toBeUndefined();
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), async (at, value) => {
      const image = await decodePlainJpeg(whole.with(at, value), limit);
      if (image) expect(image.data.length).toBe(image.width * image.height * 3);
    }),
    { numRuns: 300 },
  );
});

test('a reader gives for any bytes the image that decodeImage gives, or its error', async () => {
  const files = [
    await picture(31, 17).jpeg().toBuffer(),
    await picture(31, 17).jpeg({ progressive: true }).toBuffer(),
    await picture(20, 30).png().toBuffer(),
  ].map((file) => new Uint8Array(file));
  const outcome = (read: Promise<unknown>) =>
    read.catch((error: unknown) => {
      if (error instanceof ImageError) return error.message;
      throw error;
    });
  const change = fc.record({
    file: fc.nat({ max: 2 }),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    value: fc.nat({ max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ file, at, value }) => {
      const whole = files[file] as Uint8Array;
      const bytes = whole.with(Math.floor(at * whole.length), value);
      const limits = { maxPixels: limit };
      expect(await outcome(reader.read(bytes, limits))).toEqual(await outcome(decodeImage(bytes, limits)));
    }),
    { numRuns: 200 },
  );
});
