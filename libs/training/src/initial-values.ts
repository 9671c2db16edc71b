import { keys, type RunSpec, UsageError } from '#lib/contracts';
import { importWeights, initialise, type ParameterSpec } from '#lib/nn';

/** Where stored weights are read, and how they are told to be the ones that the spec means. */
export interface WeightsSource {
  get(key: string): Promise<{ bytes: Uint8Array } | undefined>;
  sha256(bytes: Uint8Array): string;
}

const encoderPrefix = 'encoder.';

/**
 * The parameters and buffers of a run before its first step: drawn from the spec's seed, the encoder's from the pretrained
 * weights that the spec names, if any.
 * @param parameters those of the method, or of its encoder alone
 * @throws UsageError for weights that are gone, changed, or don't fit the encoder
 */
export async function initialValues(
  parameters: readonly ParameterSpec[],
  spec: Pick<RunSpec, 'seed' | 'backbone'>,
  source: WeightsSource,
): Promise<Record<string, Float32Array>> {
  const values = initialise(parameters, spec.seed);
  const { name, weights } = spec.backbone;
  if (weights === null) return values;
  const encoder = parameters
    .filter((parameter) => parameter.name.startsWith(encoderPrefix))
    .map((parameter) => ({ ...parameter, name: parameter.name.slice(encoderPrefix.length) }));
  const imported = importWeights({ name, parameters: encoder }, await readWeights(weights.sha256, source));
  for (const [parameter, pretrained] of Object.entries(imported.values)) values[encoderPrefix + parameter] = pretrained;
  return values;
}

/**
 * The bytes of stored weights, verified.
 * @throws UsageError for an object that is not there, or has another sha256 than its name
 */
export async function readWeights(sha256: string, source: WeightsSource): Promise<Uint8Array> {
  const key = keys.weights(sha256);
  const object = await source.get(key);
  const remedy = 'give the file again: ./unlabel run … --weights FILE';
  if (!object) throw new UsageError(`backbone.weights: there is no ${key}`, { field: 'backbone.weights', remedy });
  const found = source.sha256(object.bytes);
  if (found !== sha256)
    throw new UsageError(`backbone.weights: ${key} is damaged: its sha256 is ${found}`, {
      field: 'backbone.weights',
      remedy: `delete it and ${remedy}`,
    });
  return object.bytes;
}
