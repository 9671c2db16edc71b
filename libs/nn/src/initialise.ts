import { sha256Text, UsageError } from '#lib/contracts';
import { Draws } from '#lib/sampling';

import { type ParameterSpec } from './module.ts';

/**
 * First values of all parameters and buffers. Each is drawn by its own stream, keyed by the seed and the hash of its
 * name, so the values don't depend on the order of the parameters or on which others a model has.
 *
 * @param seed 0 … 2^53 − 1
 * @throws UsageError for two parameters of one name, or fixed values that don't fill the shape
 */
export function initialise(parameters: readonly ParameterSpec[], seed: number): Record<string, Float32Array> {
  const state: Record<string, Float32Array> = {};
  for (const parameter of parameters) {
    if (state[parameter.name]) throw new UsageError(`initialise: two parameters are called ${parameter.name}`);
    state[parameter.name] = initialValues(parameter, seed);
  }
  return state;
}

function initialValues({ name, shape, init }: ParameterSpec, seed: number): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (init.kind === 'values') {
    if (init.values.length !== size)
      throw new UsageError(
        `initialise: ${name} [${shape}] has ${size} numbers, its fixed values are ${init.values.length}`,
      );
    return init.values.slice();
  }
  const values = new Float32Array(size);
  if (init.kind === 'zeros') return values;
  if (init.kind === 'ones') return values.fill(1);
  const sample = parseInt(sha256Text(name).slice(0, 8), 16);
  const draws = new Draws({ seed, purpose: 'init', epoch: 0, sample, view: 0 });
  for (let i = 0; i < size; i++) {
    if (init.kind === 'unit-rows') values[i] = draws.normal();
    else if (init.kind === 'uniform') values[i] = draws.uniform(-init.limit, init.limit);
    else values[i] = init.std * (init.kind === 'normal' ? draws.normal() : draws.truncatedNormal(2));
  }
  if (init.kind === 'unit-rows') toUnitRows(values, shape.at(-1) ?? 1);
  return values;
}

function toUnitRows(values: Float32Array, size: number): void {
  for (let from = 0; from < values.length; from += size) {
    const row = values.subarray(from, from + size);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.forEach((value, i) => (row[i] = value / length));
  }
}
