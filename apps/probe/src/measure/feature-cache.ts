import { decodeSafetensors, encodeSafetensors, FormatError, hostTensor } from '#lib/contracts';
import type { IdentifiedFeatures } from '#lib/evaluation';
import type { ObjectStore } from '#lib/storage';

/** Enters the key of embeddings: change it whenever the object changes, so that older ones are made anew. */
export const embeddingsRevision = 2;

/** Embeddings are objects: the second probe of an encoder, or one repeated later, reads what the first one computed. */
export async function readFeatures(store: ObjectStore, key: string): Promise<IdentifiedFeatures | undefined> {
  const object = await store.get(key);
  if (!object) return undefined;
  const { features, classes, ids } = decodeSafetensors(object.bytes).tensors;
  const [rows, columns] = features?.shape ?? [];
  if (
    !(features?.data instanceof Float32Array) ||
    !(classes?.data instanceof Int32Array) ||
    !(ids?.data instanceof Uint8Array) ||
    rows === undefined ||
    columns === undefined
  )
    throw new FormatError(
      `${key}: not embeddings: features [N, D] float32, classes [N] int32 and ids (JSON as bytes) are needed`,
    );
  return { data: features.data, shape: [rows, columns], labels: classes.data, ids: idsOf(ids.data, rows, key) };
}

function idsOf(bytes: Uint8Array, rows: number, key: string): string[] {
  const ids: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (Array.isArray(ids) && ids.length === rows) return ids as string[];
  throw new FormatError(`${key}: its ids are not ${rows} texts`);
}

export async function writeFeatures(
  store: ObjectStore,
  key: string,
  { data, shape, labels, ids }: IdentifiedFeatures,
): Promise<void> {
  const idBytes = new TextEncoder().encode(JSON.stringify(ids));
  const tensors = {
    features: hostTensor(data, shape),
    classes: hostTensor(labels, [shape[0]]),
    ids: hostTensor(idBytes, [idBytes.length]),
  };
  await store.create(key, encodeSafetensors(tensors, { format: 'unlabel.embeddings', version: '1' }));
}
