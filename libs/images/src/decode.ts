import { type Sharp } from 'sharp';

import { explain, formats, ImageError } from './image-error.ts';
import { plain, sharp } from './native.ts';

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
  return pixels(await open(bytes, limits));
}

/**
 * As `decodeImage`, then resized (Lanczos) so that the shorter side is `size`, and the middle square cut out.
 * Images smaller than that are enlarged.
 */
export async function decodeAndResize(bytes: Uint8Array, size: number, limits: DecodeLimits): Promise<DecodedImage> {
  const image = await open(bytes, limits);
  return pixels(image.resize(size, size, { fit: 'cover', position: 'centre', kernel: 'lanczos3' }));
}

/**
 * Size as decoded (after turning by EXIF orientation), read from the header alone.
 * @throws ImageError for bytes that don't begin as an image does
 */
export async function readImageSize(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  try {
    const { format, autoOrient } = await sharp(bytes, { failOn: 'warning', limitInputPixels: false }).metadata();
    if (!formats.has(format))
      throw new ImageError(`not an image of pixels: its format is ${format}`, { fault: 'not-an-image' });
    return autoOrient;
  } catch (error) {
    throw explain(error);
  }
}

/** Reads the header, checks format and size, and prepares decoding. */
async function open(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Sharp> {
  const { width, height } = await readImageSize(bytes);
  if (width * height > maxPixels)
    throw new ImageError(`${count(width)} × ${count(height)} pixels is over the limit of ${count(maxPixels)} pixels`, {
      fault: 'too-large',
      remedy: 'make the image smaller, or raise the limit',
    });
  return sharp(bytes, { failOn: 'warning', limitInputPixels: false, sequentialRead: true })
    .autoOrient()
    .flatten({ background: '#000000' })
    .toColourspace('srgb');
}

async function pixels(image: Sharp): Promise<DecodedImage> {
  try {
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3)
      throw new ImageError(`damaged: ${info.channels} channels after conversion to RGB`, { fault: 'damaged' });
    return { width: info.width, height: info.height, channels: 3, data: plain(data) };
  } catch (error) {
    throw explain(error);
  }
}

const count = (value: number) => value.toLocaleString('en-US');
