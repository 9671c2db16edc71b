import { crc32, deflateSync } from 'node:zlib';

import sharp from 'sharp';
import { describe, expect, test } from 'vitest';

import { FormatError } from '#lib/contracts';

import { decodeAndResize, decodeImage, encodeJpeg, encodePng, ImageError, readImageSize } from './index.ts';

const limits = { maxPixels: 1_000_000 };
const [width, height] = [20, 12];
const noise = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251);
const picture = { width, height, channels: 3, data: noise };
const raw = () => sharp(noise, { raw: { width, height, channels: 3 } });
const solid = (color: string, channels: 3 | 4 = 3) =>
  sharp({ create: { width: 8, height: 6, channels, background: color } });

async function fault(bytes: Uint8Array, options = limits): Promise<{ fault: string; message: string }> {
  const error: unknown = await decodeImage(bytes, options).then(
    () => new Error('was decoded'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ImageError);
  expect(error).toBeInstanceOf(FormatError);
  return error as ImageError;
}

/** A valid PNG header of a 1-bit image of any size, with a few bytes of pixels. */
function pngHeader(side: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head[8] = 1;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = chunk('IDAT', deflateSync(Buffer.alloc(8)));
  return Buffer.concat([signature, chunk('IHDR', head), pixels, chunk('IEND', Buffer.alloc(0))]);
}

describe('decoding', () => {
  test('gives the very pixels of a PNG', async () => {
    expect(await decodeImage(await encodePng(picture), limits)).toEqual(picture);
  });

  test.each([
    ['CMYK JPEG', () => solid('#c81e3c').toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), [200, 30, 60], 25],
    ['grey JPEG', () => solid('#646464').toColourspace('b-w').jpeg().toBuffer(), [100, 100, 100], 1],
    ['grey PNG', () => solid('#646464').toColourspace('b-w').png().toBuffer(), [100, 100, 100], 0],
    ['16-bit PNG', () => solid('#c81e3c').toColourspace('rgb16').png().toBuffer(), [200, 30, 60], 0],
    ['grey 16-bit PNG', () => solid('#646464').toColourspace('grey16').png().toBuffer(), [100, 100, 100], 0],
    ['PNG with a palette', () => solid('#c81e3c').png({ palette: true }).toBuffer(), [200, 30, 60], 0],
    ['opaque part of a PNG', () => solid('rgba(200,30,60,1)', 4).png().toBuffer(), [200, 30, 60], 0],
    ['half transparent PNG', () => solid('rgba(200,30,60,0.5)', 4).png().toBuffer(), [100, 15, 30], 1],
    ['transparent PNG', () => solid('rgba(200,30,60,0)', 4).png().toBuffer(), [0, 0, 0], 0],
    ['WebP', () => solid('#c81e3c').webp({ lossless: true }).toBuffer(), [200, 30, 60], 0],
    ['TIFF', () => solid('#c81e3c').tiff({ compression: 'lzw' }).toBuffer(), [200, 30, 60], 0],
  ])('gives a %s as 8-bit RGB', async (_name, bytes, color, tolerance) => {
    const image = await decodeImage(await bytes(), limits);
    expect([image.width, image.height, image.channels, image.data.length]).toEqual([8, 6, 3, 8 * 6 * 3]);
    for (let i = 0; i < image.data.length; i++)
      expect(Math.abs((image.data[i] as number) - (color[i % 3] as number))).toBeLessThanOrEqual(tolerance);
  });

  test('reads 16-bit and CMYK test images as what their names say', async () => {
    expect((await sharp(await solid('#c81e3c').toColourspace('rgb16').png().toBuffer()).metadata()).depth).toBe(
      'ushort',
    );
    expect((await sharp(await solid('#c81e3c').toColourspace('cmyk').jpeg().toBuffer()).metadata()).space).toBe('cmyk');
  });

  test('takes the first frame of an animated GIF', async () => {
    const frames = await Promise.all(['#ff0000', '#00ff00'].map((color) => solid(color).png().toBuffer()));
    const gif = await sharp(frames, { join: { animated: true } })
      .gif({ delay: [100, 100] })
      .toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    const image = await decodeImage(gif, limits);
    expect([image.width, image.height, ...image.data.subarray(0, 3)]).toEqual([8, 6, 255, 0, 0]);
  });

  test('turns an image as its EXIF orientation says', async () => {
    const bytes = await raw().withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await readImageSize(bytes)).toEqual({ width: height, height: width });
    const turned = await decodeImage(bytes, limits);
    expect([turned.width, turned.height]).toEqual([height, width]);
    // Orientation 6: the first row of what is meant is the first column of what is stored, from bottom to top.
    const lastRow = (height - 1) * width * 3;
    expect([...turned.data.subarray(0, 3)]).toEqual([...noise.subarray(lastRow, lastRow + 3)]);
  });

  test('a smaller square is the middle of the image, resized by the shorter side', async () => {
    const stripes = Uint8Array.from({ length: 30 * 10 * 3 }, (_, i) =>
      Math.floor(i / 3) % 30 < 10 ? 0 : Math.floor(i / 3) % 30 < 20 ? 200 : 90,
    );
    const bytes = await encodePng({ width: 30, height: 10, channels: 3, data: stripes });
    const image = await decodeAndResize(bytes, 10, limits);
    expect([image.width, image.height]).toEqual([10, 10]);
    expect(new Set(image.data)).toEqual(new Set([200]));
    const small = await decodeAndResize(bytes, 5, limits);
    expect([small.width, small.height]).toEqual([5, 5]);
    expect(Math.abs((small.data[(2 * 5 + 2) * 3] as number) - 200)).toBeLessThanOrEqual(2);
  });
});

describe('refusing', () => {
  test.each(['jpeg', 'png', 'webp', 'gif'] as const)('a %s that is cut short, wherever it is cut', async (format) => {
    const bytes = await raw().toFormat(format).toBuffer();
    await decodeImage(bytes, limits);
    for (const part of [0.5, 0.75, 0.95]) {
      const error = await fault(bytes.subarray(0, Math.floor(bytes.length * part)));
      expect(error).toMatchObject({ fault: 'cut-short' });
      expect(error.message).toContain('cut short: the file ends before the image does');
    }
  });

  test('an image is refused with the same words, however many others are decoded and refused at once', async () => {
    const side = 400;
    const noisy = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7919) % 251);
    const good = await encodeJpeg({ width: side, height: side, channels: 3, data: noisy });
    const png = await encodePng({ width: side, height: side, data: noisy });
    const images = Array.from({ length: 60 }, (_, n) =>
      n % 3 === 0 ? good : n % 3 === 1 ? good.subarray(0, good.length >> 1) : png.subarray(0, png.length >> 1),
    );
    const outcome = (bytes: Uint8Array) =>
      decodeImage(bytes, limits).then(
        () => 'decoded',
        (error: Error) => error.message,
      );
    const alone: string[] = [];
    for (const bytes of images.slice(0, 3)) alone.push(await outcome(bytes));
    expect(new Set(alone).size).toBe(3);
    expect(await Promise.all(images.map(outcome))).toEqual(images.map((_, n) => alone[n % 3]));
  });

  test('a PNG with a changed byte', async () => {
    const bytes = Buffer.from(await encodePng(picture));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] as number) ^ 0xff;
    expect(['damaged', 'cut-short']).toContain((await fault(bytes)).fault);
  });

  test.each([
    ['text', Buffer.from('not an image, only text\n')],
    ['nothing', Buffer.alloc(0)],
    ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
  ])('%s, as not an image', async (_name, bytes) => {
    const error = await fault(bytes);
    expect(error).toMatchObject({ fault: 'not-an-image' });
    expect(error.message).toContain('not an image');
  });

  test('an image of 20,000 × 20,000 by its header, without decoding it', async () => {
    const bomb = pngHeader(20_000);
    expect(bomb.length).toBeLessThan(100);
    const error = await fault(bomb, { maxPixels: 89_000_000 });
    expect(error).toMatchObject({
      fault: 'too-large',
      message: '20,000 × 20,000 pixels is over the limit of 89,000,000 pixels',
    });
    // With the limit out of the way the pixels are missed: the refusal above came before they were looked at.
    expect((await fault(pngHeader(200))).fault).toBe('cut-short');
  });

  test('one pixel more than the limit, and not the limit', async () => {
    const bytes = await encodePng(picture);
    expect((await fault(bytes, { maxPixels: width * height - 1 })).fault).toBe('too-large');
    await expect(decodeImage(bytes, { maxPixels: width * height })).resolves.toMatchObject({ width, height });
  });
});

describe('encoding', () => {
  test('PNG gives equal bytes for equal pixels, and keeps grey and opacity', async () => {
    expect(await encodePng(picture)).toEqual(await encodePng({ ...picture, data: noise.slice() }));
    for (const channels of [1, 4]) {
      const data = noise.subarray(0, 8 * 6 * channels);
      const bytes = await encodePng({ width: 8, height: 6, channels, data });
      expect((await sharp(bytes).metadata()).channels).toBe(channels);
    }
  });

  test('JPEG is close to the pixels it was given', async () => {
    const smooth = {
      width: 16,
      height: 16,
      channels: 3,
      data: Uint8Array.from({ length: 768 }, (_, i) => 60 + (i >> 3)),
    };
    const { data } = await decodeImage(await encodeJpeg(smooth), limits);
    expect(Math.max(...data.map((value, i) => Math.abs(value - (smooth.data[i] as number))))).toBeLessThan(12);
  });

  test('refuses data that is not as long as the size says, and two channels', async () => {
    await expect(encodePng({ ...picture, width: 21 })).rejects.toThrow(
      'encode: 720 values, expected 12 × 21 × 3 = 756',
    );
    await expect(encodePng({ ...picture, channels: 2 })).rejects.toThrow('encode: 2 channels, expected 1, 3 or 4');
  });
});
