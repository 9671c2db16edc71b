import { type Channels, type Sharp } from 'sharp';

import { UsageError } from '#lib/contracts';

import { plain, sharp } from './native.ts';

/** 8-bit pixels, [height, width, channels]; one channel is grey, three (the default) RGB, four RGB and opacity. */
export interface Pixels {
  width: number;
  height: number;
  channels?: number;
  data: Uint8Array;
}

function open({ width, height, channels = 3, data }: Pixels): Sharp {
  if (![1, 3, 4].includes(channels)) throw new UsageError(`encode: ${channels} channels, expected 1, 3 or 4`);
  if (data.length !== width * height * channels)
    throw new UsageError(
      `encode: ${data.length} values, expected ${height} × ${width} × ${channels} = ${width * height * channels}`,
    );
  const image = sharp(data, { raw: { width, height, channels: channels as Channels }, limitInputPixels: false });
  return channels === 1 ? image.toColourspace('b-w') : image;
}

/** PNG without metadata: equal pixels give equal bytes. */
export async function encodePng(image: Pixels): Promise<Uint8Array> {
  return plain(await open(image).png({ compressionLevel: 6, adaptiveFiltering: false, palette: false }).toBuffer());
}

/** @param quality 1 .. 100 */
export async function encodeJpeg(image: Pixels, quality = 90): Promise<Uint8Array> {
  return plain(await open(image).jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer());
}
