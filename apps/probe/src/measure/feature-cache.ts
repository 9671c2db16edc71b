import { decodeSafetensors, encodeSafetensors, FormatError, hostTensor } from '#lib/contracts';
import type { LabelledFeatures } from '#lib/evaluation';
import type { ObjectStore } from '#lib/storage';

/** Embeddings are objects: the second probe of an encoder, or one repeated later, reads what the first one computed. */
export async function readFeatures(store: ObjectStore, key: string): Promise<LabelledFeatures | undefined> {
  const object = await store.get(key);
  if (!object) return undefined;
  const { features, classes } = decodeSafetensors(object.bytes).tensors;
  const [rows, columns] = features?.shape ?? [];
  if (
    !(features?.data instanceof Float32Array) ||
    !(classes?.data instanceof Int32Array) ||
    rows === undefined ||
    columns === undefined
  )
    throw new FormatError(`${key}: not embeddings: features [N, D] float32 and classes [N] int32 are needed`);
  return { data: features.data, shape: [rows, columns], labels: classes.data };
}

export async function writeFeatures(
  store: ObjectStore,
  key: string,
  { data, shape, labels }: LabelledFeatures,
): Promise<void> {
  const tensors = { features: hostTensor(data, shape), classes: hostTensor(labels, [shape[0]]) };
  await store.create(key, encodeSafetensors(tensors, { format: 'unlabel.embeddings', version: '1' }));
}
