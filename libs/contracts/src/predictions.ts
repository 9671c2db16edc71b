import { FormatError } from './errors.ts';
import { decodeSafetensors, encodeSafetensors, hostTensor } from './safetensors.ts';

/** What a probe took each image of the measured split for; row n of each is one image. */
export interface Predictions {
  /** Numbers of the images within the split, [N]. */
  samples: Uint32Array;
  /** Their classes, [N]. */
  truth: Int32Array;
  /** The classes that they were taken for, [N]. */
  predicted: Int32Array;
}

const format = { format: 'unlabel.predictions', version: '1' };

/** As safetensors: `samples` U32 [N], `truth` and `predicted` I32 [N]. Equal predictions give equal bytes. */
export function encodePredictions({ samples, truth, predicted }: Predictions): Uint8Array {
  const N = samples.length;
  return encodeSafetensors(
    { samples: hostTensor(samples, [N]), truth: hostTensor(truth, [N]), predicted: hostTensor(predicted, [N]) },
    format,
  );
}

/** @throws FormatError naming `key` for bytes of another format or version, or tensors of unequal length */
export function decodePredictions(bytes: Uint8Array, key: string): Predictions {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata['format'] !== format.format || metadata['version'] !== format.version)
    throw new FormatError(
      `${key}: is ${metadata['format'] ?? 'of no format'}, version ${metadata['version'] ?? 'none'}; this reads ${format.format}, version ${format.version}`,
      { remedy: 'probe again with the version of Unlabel that reads it' },
    );
  const { samples, truth, predicted } = tensors;
  if (
    !(samples?.data instanceof Uint32Array) ||
    !(truth?.data instanceof Int32Array) ||
    !(predicted?.data instanceof Int32Array) ||
    truth.data.length !== samples.data.length ||
    predicted.data.length !== samples.data.length
  )
    throw new FormatError(`${key}: needs samples [N] uint32, truth and predicted [N] int32 of one length`);
  return { samples: samples.data, truth: truth.data, predicted: predicted.data };
}
