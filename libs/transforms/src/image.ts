import { FormatError, UsageError } from '#lib/contracts';

/** Pixels in 0..1 as torchvision's float images, row by row, channels last: [height, width, channels]. */
export interface FloatImage {
  width: number;
  height: number;
  channels: number;
  data: Float32Array;
}

/** Pixels in 0..255, [height, width, channels]. */
export interface ByteImage {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** Where an operation's result goes. The image itself is allowed where the size stays: the operation then works in place. */
export type Target = FloatImage;

export function emptyImage(width: number, height: number, channels: number): FloatImage {
  return { width, height, channels, data: new Float32Array(width * height * channels) };
}

/** An image of the same size, its pixels zero. */
export function emptyLike({ width, height, channels }: FloatImage): FloatImage {
  return emptyImage(width, height, channels);
}

/** Bytes divided by 255. */
export function toFloat(image: ByteImage, target = emptyImage(image.width, image.height, image.channels)): FloatImage {
  checkSize(image);
  const { data } = image;
  const out = target.data;
  for (let i = 0; i < data.length; i++) out[i] = (data[i] as number) / 255;
  return target;
}

/** Times 255 in float32, then rounded half to even and held to 0..255: what assignment to a Uint8ClampedArray does. */
export function toBytes(image: FloatImage): ByteImage {
  const { width, height, channels, data } = image;
  const clamped = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) clamped[i] = Math.fround((data[i] as number) * 255);
  return { width, height, channels, data: new Uint8Array(clamped.buffer) };
}

/** Holds every value to 0..1, as after bicubic resizing, which overshoots. */
export function clamp(image: FloatImage, target: Target = emptyLike(image)): FloatImage {
  const { data } = image;
  const out = target.data;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    out[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  return target;
}

/** @throws FormatError if the array is not as long as the size says */
export function checkSize({ width, height, channels, data }: FloatImage | ByteImage): void {
  if (data.length !== width * height * channels)
    throw new FormatError(
      `image: ${data.length} values, expected ${height} × ${width} × ${channels} = ${width * height * channels}`,
    );
}

/** @throws UsageError unless the image has three channels */
export function checkColour(operation: string, { channels }: FloatImage): void {
  if (channels !== 3) throw new UsageError(`${operation}: the image has ${channels} channels, expected 3 (RGB)`);
}
