import { encodeSafetensors, FormatError, type HostTensor, hostTensor } from '#lib/contracts';

import { type Format, formatMetadata, readTensors, tensorOf } from './format.ts';

/** One view of each of a block's S samples. */
export interface View {
  height: number;
  width: number;
  channels: number;
  /** uint8 [S, height, width, channels]; row s is sample s */
  data: Uint8Array;
}

export interface ViewBlock {
  /** [S], numbers of the samples in their split, in the epoch's order */
  samples: Uint32Array;
  views: View[];
}

export const viewBlockFormat: Format = { name: 'unlabel.view-block', version: 1 };

const strideOf = ({ height, width, channels }: View): number => height * width * channels;
const sizeText = ({ height, width, channels }: View): string => `[${height}, ${width}, ${channels}]`;

/**
 * Writes a block as safetensors: `samples` U32 [S] and, where all V views have one size, `views` U8 [S, V, H, W, C],
 * else one tensor a view, `view0` U8 [S, H, W, C], `view1` … Equal blocks give equal bytes.
 * @throws FormatError for no samples or views, or pixels that don't fit their size
 */
export function writeViewBlock({ samples, views }: ViewBlock): Uint8Array {
  const S = samples.length;
  const [first] = views;
  if (S === 0 || !first)
    throw new FormatError(`writeViewBlock: ${S} samples and ${views.length} views, it needs one of each`);
  for (const [v, view] of views.entries())
    if (view.data.length !== S * strideOf(view))
      throw new FormatError(
        `writeViewBlock: view ${v} has ${view.data.length} bytes, ${S} samples of ${sizeText(view)} take ${S * strideOf(view)}`,
      );
  const tensors: Record<string, HostTensor> = { samples: hostTensor(samples, [S]) };
  if (views.every((view) => sizeText(view) === sizeText(first))) tensors['views'] = interleave(views, first, S);
  else
    for (const [v, { data, height, width, channels }] of views.entries())
      tensors[`view${v}`] = hostTensor(data, [S, height, width, channels]);
  return encodeSafetensors(tensors, formatMetadata(viewBlockFormat));
}

/**
 * Reads a block; each view's rows lie together, as a batch takes them.
 * @param key names the block in errors
 * @throws FormatError for a file that is cut short, of another format or version, or whose tensors contradict each other
 */
export function readViewBlock(bytes: Uint8Array, key = 'view block'): ViewBlock {
  const tensors = readTensors(bytes, viewBlockFormat, key);
  const { data: samples } = tensorOf(tensors, 'samples', Uint32Array, 'S', key);
  const views = tensors['views'] ? separate(tensors, key) : readSeparate(tensors, key);
  const [first] = views;
  if (samples.length === 0 || !first) throw new FormatError(`${key}: ${samples.length} samples, ${views.length} views`);
  for (const [v, view] of views.entries())
    if (view.data.length !== samples.length * strideOf(view))
      throw new FormatError(`${key}: view ${v} has not ${samples.length} rows, as it has samples`);
  return { samples, views };
}

function interleave(views: readonly View[], size: View, S: number): HostTensor {
  const { height, width, channels } = size;
  const [V, stride] = [views.length, strideOf(size)];
  const shape = [S, V, height, width, channels];
  if (V === 1) return hostTensor(size.data, shape);
  const all = new Uint8Array(S * V * stride);
  for (const [v, { data }] of views.entries())
    for (let s = 0; s < S; s++) all.set(data.subarray(s * stride, (s + 1) * stride), (s * V + v) * stride);
  return hostTensor(all, shape);
}

function separate(tensors: Record<string, HostTensor>, key: string): View[] {
  const { data: all, shape } = tensorOf(tensors, 'views', Uint8Array, 'S, V, H, W, C', key);
  const [S, V, height, width, channels] = shape as [number, number, number, number, number];
  const stride = height * width * channels;
  if (V === 1) return [{ height, width, channels, data: all }];
  return Array.from({ length: V }, (_, v) => {
    const data = new Uint8Array(S * stride);
    for (let s = 0; s < S; s++) data.set(all.subarray((s * V + v) * stride, (s * V + v + 1) * stride), s * stride);
    return { height, width, channels, data };
  });
}

function readSeparate(tensors: Record<string, HostTensor>, key: string): View[] {
  const V = Object.keys(tensors).filter((name) => name.startsWith('view')).length;
  return Array.from({ length: V }, (_, v) => {
    const { data, shape } = tensorOf(tensors, `view${v}`, Uint8Array, 'S, H, W, C', key);
    const [, height, width, channels] = shape as [number, number, number, number];
    return { height, width, channels, data };
  });
}
