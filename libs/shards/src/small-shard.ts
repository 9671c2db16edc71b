import { encodeSafetensors, FormatError, hostTensor } from '#lib/contracts';

import { type Format, formatMetadata, readTensors, tensorOf } from './format.ts';
import { checkSample, noClass, type ShardSample } from './sample.ts';

/** A shard of small images of one size, as it is read. N samples. */
export interface SmallShard {
  height: number;
  width: number;
  channels: number;
  /** uint8 [N, height, width, channels] */
  images: Uint8Array;
  /** [N], -1: no class */
  classes: Int32Array;
  ids: string[];
}

export const smallShardFormat: Format = { name: 'unlabel.small-shard', version: 1 };

/**
 * Writes a shard as safetensors: `images` U8 [N, H, W, C], `classes` I32 [N], `ids` U8 (the sample ids as UTF-8, one after
 * the other) and `idOffsets` U32 [N + 1]. Equal samples give equal bytes.
 * @throws FormatError for no samples, or one whose pixels, class or id don't fit
 */
export function writeSmallShard(shard: {
  height: number;
  width: number;
  channels: number;
  entries: readonly ShardSample[];
}): Uint8Array {
  const { height, width, channels, entries } = shard;
  const stride = height * width * channels;
  const N = entries.length;
  if (N === 0) throw new FormatError('writeSmallShard: a shard needs at least one sample');
  const images = new Uint8Array(N * stride);
  entries.forEach((entry, i) => {
    checkSample(entry, 'writeSmallShard');
    if (entry.bytes.length !== stride)
      throw new FormatError(
        `writeSmallShard: ${JSON.stringify(entry.id)} has ${entry.bytes.length} bytes, [${height}, ${width}, ${channels}] takes ${stride}`,
      );
    images.set(entry.bytes, i * stride);
  });
  const { ids, offsets } = packIds(entries.map(({ id }) => id));
  return encodeSafetensors(
    {
      images: hostTensor(images, [N, height, width, channels]),
      classes: hostTensor(
        Int32Array.from(entries, (entry) => entry.class),
        [N],
      ),
      ids: hostTensor(ids, [ids.length]),
      idOffsets: hostTensor(offsets, [N + 1]),
    },
    formatMetadata(smallShardFormat),
  );
}

/**
 * Reads a shard of small images; pixels are a view of `bytes`.
 * @param key names the shard in errors
 * @throws FormatError for a file that is cut short, of another format or version, or whose tensors contradict each other
 */
export function readSmallShard(bytes: Uint8Array, key = 'small shard'): SmallShard {
  const tensors = readTensors(bytes, smallShardFormat, key);
  const images = tensorOf(tensors, 'images', Uint8Array, 'N, H, W, C', key);
  const classes = tensorOf(tensors, 'classes', Int32Array, 'N', key);
  const ids = tensorOf(tensors, 'ids', Uint8Array, 'bytes', key);
  const offsets = tensorOf(tensors, 'idOffsets', Uint32Array, 'N + 1', key);
  const [N, height, width, channels] = images.shape as [number, number, number, number];
  if (N === 0 || classes.data.length !== N || offsets.data.length !== N + 1)
    throw new FormatError(
      `${key}: ${N} images, ${classes.data.length} classes and ${offsets.data.length} id offsets; they must be N, N and N + 1, N at least 1`,
    );
  if (classes.data.some((label) => label < noClass)) throw new FormatError(`${key}: has a class below ${noClass}`);
  return {
    height,
    width,
    channels,
    images: images.data,
    classes: classes.data,
    ids: unpackIds(ids.data, offsets.data, key),
  };
}

function packIds(ids: readonly string[]): { ids: Uint8Array; offsets: Uint32Array } {
  const encoder = new TextEncoder();
  const encoded = ids.map((id) => encoder.encode(id));
  const offsets = new Uint32Array(ids.length + 1);
  encoded.forEach((part, i) => (offsets[i + 1] = (offsets[i] as number) + part.length));
  const packed = new Uint8Array(offsets[ids.length] as number);
  encoded.forEach((part, i) => packed.set(part, offsets[i]));
  return { ids: packed, offsets };
}

function unpackIds(ids: Uint8Array, offsets: Uint32Array, key: string): string[] {
  // A byte order mark at the start of an id belongs to it.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  if (offsets[0] !== 0 || offsets.at(-1) !== ids.length)
    throw new FormatError(`${key}: its id offsets don't span the ids`);
  return Array.from({ length: offsets.length - 1 }, (_, i) => {
    const [from, to] = [offsets[i] as number, offsets[i + 1] as number];
    if (to <= from) throw new FormatError(`${key}: id ${i} goes from byte ${from} to ${to}`);
    try {
      return decoder.decode(ids.subarray(from, to));
    } catch (cause) {
      throw new FormatError(`${key}: id ${i} is not UTF-8`, { cause });
    }
  });
}
