import { geluExact, relu } from '#lib/tensor';

import { type Module } from '../module.ts';

const activations = { relu, gelu: geluExact };

export type ActivationName = keyof typeof activations;

/** An elementwise nonlinearity as a module without parameters; `gelu` is the exact form. */
export function activation(name: ActivationName): Module {
  return { parameters: [], forward: (_scope, x) => activations[name](x) };
}
