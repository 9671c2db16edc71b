import sharp from 'sharp';

// Images are decoded one after another by many processes, each meant to use one core, and never twice.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Names what turns files into pixels; it enters the hash of views. The leading number counts changes of our own, the rest
 * are the libraries that decode, since their versions may round differently; `decodePlainJpeg` gives the same pixels as these.
 */
export const decoderRevision = [
  '1',
  `sharp-${sharp.versions.sharp}`,
  `vips-${sharp.versions.vips}`,
  `jpeg-${sharp.versions.mozjpeg ?? 'system'}`,
].join('+');

/** The bytes of a Node buffer, without what a buffer adds to an array. */
export function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

export { sharp };
