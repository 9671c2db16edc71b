import { keys, maxWeightsBytes, type RunSpec, UsageError, type WeightsStored } from '#lib/contracts';
import { buildBackbone, checkWeightsFit, inspectWeights } from '#lib/nn';
import { type ObjectStore, sha256 } from '#lib/storage';
import { readWeights } from '#lib/training';

/**
 * Stores a file of pretrained weights under its sha256, once its tensors are known to be there and finite.
 * @param sizeBytes what the sender says of it, if anything
 * @throws UsageError for a file that is too large, damaged or of no known naming
 */
export async function storeWeights(
  store: ObjectStore,
  body: ReadableStream<Uint8Array>,
  sizeBytes: number | undefined,
): Promise<WeightsStored> {
  const bytes = await readLimited(body, sizeBytes);
  const weights = { sha256: sha256(bytes), format: inspectWeights(bytes) };
  await store.create(keys.weights(weights.sha256), bytes); // the same file sent twice is one object
  return { weights, sizeBytes: bytes.length };
}

/** @throws UsageError if the weights that a spec names are not there, or don't fit its backbone at its image size */
export async function checkWeights(store: ObjectStore, { backbone, image }: RunSpec): Promise<void> {
  if (backbone.weights === null) return;
  const bytes = await readWeights(backbone.weights.sha256, { get: (key) => store.get(key), sha256 });
  const input = { height: image.size, width: image.size, channels: 3 };
  const { parameters } = buildBackbone(backbone.name, backbone.options, input);
  const format = checkWeightsFit({ name: backbone.name, parameters }, bytes);
  if (format !== backbone.weights.format)
    throw new UsageError(`backbone.weights.format: the file is of ${format}, not ${backbone.weights.format}`, {
      field: 'backbone.weights.format',
      remedy: `use ${format}`,
    });
}

async function readLimited(body: ReadableStream<Uint8Array>, sizeBytes: number | undefined): Promise<Uint8Array> {
  if (sizeBytes !== undefined && sizeBytes > maxWeightsBytes) throw tooLarge(sizeBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxWeightsBytes) throw tooLarge(length);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  for (let at = 0, chunk = chunks.shift(); chunk; at += chunk.length, chunk = chunks.shift()) bytes.set(chunk, at);
  return bytes;
}

const tooLarge = (sizeBytes: number): UsageError =>
  new UsageError(`weights: the file has ${sizeBytes} bytes or more; at most ${maxWeightsBytes} are taken`, {
    field: 'weights',
    remedy: 'keep the encoder alone in the file, in float16 if need be',
  });
