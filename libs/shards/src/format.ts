import { decodeSafetensors, FormatError, type HostTensor, type TensorArray } from '#lib/contracts';

/** What a file says of itself: checked on reading, so that a later version is refused by name and not misread. */
export interface Format {
  name: string;
  version: number;
}

/** The format's mark as safetensors metadata. */
export const formatMetadata = ({ name, version }: Format): Record<string, string> => ({
  format: name,
  version: String(version),
});

/** @throws FormatError unless the mark is this format's, in the version that is read here */
export function checkFormat(
  found: { format?: unknown; version?: unknown },
  { name, version }: Format,
  key: string,
): void {
  if (found.format !== name)
    throw new FormatError(`${key}: is no ${name}, its format is ${JSON.stringify(found.format ?? null)}`);
  if (String(found.version) !== String(version))
    throw new FormatError(`${key}: ${name} version: found ${String(found.version)}, this reads ${version}`, {
      remedy: 'use the version of Unlabel that wrote it, or make it again',
    });
}

/**
 * Reads a safetensors file of one format.
 * @throws FormatError naming `key` when it is cut short, longer than its tensors, of another format, or not safetensors at all
 */
export function readTensors(bytes: Uint8Array, format: Format, key: string): Record<string, HostTensor> {
  const { tensors, metadata } = decode(bytes, key);
  checkFormat(metadata, format, key);
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const wanted = Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 8 + headerBytes);
  if (bytes.length !== wanted)
    throw new FormatError(`${key}: has ${bytes.length} bytes, its header describes ${wanted}`);
  return tensors;
}

/** One tensor of a type and number of axes. @throws FormatError when it is missing or of another kind */
export function tensorOf<A extends TensorArray>(
  tensors: Record<string, HostTensor>,
  name: string,
  Type: abstract new (...parameters: never[]) => A,
  axes: string,
  key: string,
): { data: A; shape: number[] } {
  const tensor = tensors[name];
  if (!tensor)
    throw new FormatError(`${key}: has no tensor ${name}; it has ${Object.keys(tensors).join(', ') || 'none'}`);
  const rank = axes.split(',').length;
  if (!(tensor.data instanceof Type) || tensor.shape.length !== rank)
    throw new FormatError(
      `${key}: ${name} is ${tensor.dtype} [${tensor.shape.join(', ')}], it must be ${Type.name.replace('Array', '')} [${axes}]`,
    );
  return { data: tensor.data, shape: tensor.shape };
}

function decode(bytes: Uint8Array, key: string): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes);
  } catch (cause) {
    throw new FormatError(`${key}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
