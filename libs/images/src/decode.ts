import { type Sharp } from 'sharp';

import { explain, formats, ImageError } from './image-error.ts';
import { Gate } from './gate.ts';
import { plain, sharp } from './native.ts';
import { decodePlainJpeg, decodePlainJpegInto } from './plain-jpeg.ts';

/** 8-bit sRGB, [height, width, 3]. */
export interface DecodedImage {
  width: number;
  height: number;
  channels: 3;
  data: Uint8Array;
}

export interface DecodeLimits {
  /** width × height that is decoded at most; larger images are refused by their header. */
  maxPixels: number;
}

/**
 * Decodes a file to 8-bit sRGB: turned as its EXIF orientation says, colours of CMYK, grey, 16-bit and profiled images
 * converted, transparent pixels laid over black, of an animation the first frame.
 * @throws ImageError for bytes that are no image, that end early or are damaged (any warning of the decoder counts), or
 * that hold more pixels than allowed
 */
export async function decodeImage(bytes: Uint8Array, limits: DecodeLimits): Promise<DecodedImage> {
  const image = startsWith(bytes, jpegStart) ? await decodePlainJpeg(bytes, limits.maxPixels) : undefined;
  return image ?? pixels(bytes, limits, (image) => image);
}

/**
 * Decodes one image after another as `decodeImage` does, plain JPEGs in the calling thread: for threads of which each has a core of
 * its own, where handing an image to another thread, and memory that is new for each, cost a third more.
 */
export class ImageReader {
  #pixels = new Uint8Array(0);

  /**
   * @returns an image that is valid until the next call
   * @throws ImageError as `decodeImage`
   */
  async read(bytes: Uint8Array, limits: DecodeLimits): Promise<DecodedImage> {
    const image = startsWith(bytes, jpegStart)
      ? decodePlainJpegInto(bytes, limits.maxPixels, (length) => this.#reserve(length))
      : undefined;
    return image ?? pixels(bytes, limits, (image) => image);
  }

  #reserve(length: number): Uint8Array {
    if (this.#pixels.length < length) this.#pixels = new Uint8Array(length);
    return this.#pixels.subarray(0, length);
  }
}

/**
 * As `decodeImage`, then resized (Lanczos) so that the shorter side is `size`, and the middle square cut out.
 * Images smaller than that are enlarged.
 */
export async function decodeAndResize(bytes: Uint8Array, size: number, limits: DecodeLimits): Promise<DecodedImage> {
  return pixels(bytes, limits, (image) =>
    image.resize(size, size, { fit: 'cover', position: 'centre', kernel: 'lanczos3' }),
  );
}

/**
 * Size as decoded (after turning by EXIF orientation), read from the header alone.
 * @throws ImageError for bytes that don't begin as an image does
 */
export async function readImageSize(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  return gate.run(() => headerSize(bytes));
}

const gate = new Gate();

async function headerSize(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  try {
    const { format, autoOrient } = await sharp(bytes, { failOn: 'warning', limitInputPixels: false }).metadata();
    if (!formats.has(format))
      throw new ImageError(`not an image of pixels: its format is ${format}`, { fault: 'not-an-image' });
    return autoOrient;
  } catch (error) {
    throw explain(error);
  }
}

/**
 * Prepares decoding. The header is read first, for format and size, unless the first bytes tell the format: then the
 * decoder itself checks the size, which saves a fifth of the time of a small image.
 */
async function open(bytes: Uint8Array, limits: DecodeLimits): Promise<Sharp> {
  const isKnown = startsWith(bytes, jpegStart) || startsWith(bytes, pngStart);
  if (!isKnown) await checkSize(bytes, limits);
  return sharp(bytes, { failOn: 'warning', limitInputPixels: limits.maxPixels, sequentialRead: true })
    .autoOrient()
    .flatten({ background: '#000000' })
    .toColourspace('srgb');
}

const jpegStart = [0xff, 0xd8, 0xff];
const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const startsWith = (bytes: Uint8Array, start: number[]) => start.every((byte, i) => bytes[i] === byte);

async function checkSize(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<void> {
  const { width, height } = await headerSize(bytes);
  if (width * height > maxPixels)
    throw new ImageError(`${count(width)} × ${count(height)} pixels is over the limit of ${count(maxPixels)} pixels`, {
      fault: 'too-large',
      remedy: 'make the image smaller, or raise the limit',
    });
}

function pixels(bytes: Uint8Array, limits: DecodeLimits, change: (image: Sharp) => Sharp): Promise<DecodedImage> {
  return gate.run(() => decode(bytes, limits, change));
}

async function decode(bytes: Uint8Array, limits: DecodeLimits, change: (image: Sharp) => Sharp): Promise<DecodedImage> {
  const image = change(await open(bytes, limits)).raw({ depth: 'uchar' });
  try {
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    if (info.channels !== 3)
      throw new ImageError(`damaged: ${info.channels} channels after conversion to RGB`, { fault: 'damaged' });
    return { width: info.width, height: info.height, channels: 3, data: plain(data) };
  } catch (error) {
    if (error instanceof Error && error.message.includes('pixel limit')) await checkSize(bytes, limits);
    throw explain(error);
  }
}

const count = (value: number) => value.toLocaleString('en-US');
