import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { UnlabelError } from '#lib/contracts';

import type { DecodedImage } from './decode.ts';

/** libs/images/native/jpeg.cc */
interface JpegModule {
  open(library: string): void;
  decode(bytes: Uint8Array, maxPixels: number): Promise<Omit<DecodedImage, 'channels'> | null>;
  sides(bytes: Uint8Array, maxPixels: number): { width: number; height: number } | null;
  decodeInto(bytes: Uint8Array, target: Uint8Array): boolean;
}

/** libjpeg-turbo comes with this package. */
const packageName = '@julusian/jpeg-turbo';
const modulePath = fileURLToPath(new URL('../../../node_modules/.unlabel-native/jpeg.node', import.meta.url));

let opened: JpegModule | undefined;

/**
 * Decodes a plain JPEG, twice as fast as sharp: YCbCr, upright, without a colour profile, whole. The pixels are those that sharp
 * gives, which has the same decoder inside.
 * @returns undefined for any other bytes, of which sharp may make something, or say what is wrong
 * @throws UnlabelError if the decoder was not set up
 */
export async function decodePlainJpeg(bytes: Uint8Array, maxPixels: number): Promise<DecodedImage | undefined> {
  const image = await (opened ??= openDecoder()).decode(bytes, maxPixels);
  return image ? { ...image, channels: 3 } : undefined;
}

/**
 * The same in this thread, into memory that `reserve` gives: no thread is waited for and no memory made.
 * @param reserve gives an array of a length, whose bytes the image then has
 */
export function decodePlainJpegInto(
  bytes: Uint8Array,
  maxPixels: number,
  reserve: (length: number) => Uint8Array,
): DecodedImage | undefined {
  const decoder = (opened ??= openDecoder());
  const sides = decoder.sides(bytes, maxPixels);
  if (!sides) return undefined;
  const data = reserve(sides.width * sides.height * 3);
  return decoder.decodeInto(bytes, data) ? { ...sides, channels: 3, data } : undefined;
}

function openDecoder(): JpegModule {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve(`${packageName}/package.json`));
  try {
    const decoder = require(modulePath) as JpegModule;
    decoder.open(join(folder, 'prebuilds', 'jpeg-turbo-linux-x64', 'libturbojpeg.so.0'));
    return decoder;
  } catch (cause) {
    throw new UnlabelError(`the JPEG decoder can't be loaded: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
      remedy: 'set it up: ./unlabel setup, or npm run setup',
    });
  }
}
