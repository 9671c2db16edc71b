import { keep, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { NotFoundError } from '#lib/contracts';

/**
 * How a parameter starts. `normal` has mean 0, `truncated-normal` is a normal cut at ±2 std, `uniform` is over ±limit,
 * `unit-rows` are points on the unit sphere: normal rows divided by their length.
 */
export type Initialiser =
  | { kind: 'zeros' }
  | { kind: 'ones' }
  | { kind: 'unit-rows' }
  | { kind: 'normal' | 'truncated-normal'; std: number }
  | { kind: 'uniform'; limit: number }
  | { kind: 'values'; values: Float32Array };

export interface ParameterSpec {
  /** The torch state_dict name: `layer1.0.bn1.running_mean`. */
  name: string;
  /** In tfjs layout: convolutions [kH, kW, in, out], linear layers [in, out]. */
  shape: number[];
  init: Initialiser;
  /** false: a buffer (running statistics, fixed position codes). */
  trainable: boolean;
  /** Whether weight decay applies: not to biases, norms and tokens. */
  decay: boolean;
}

/** Where a forward pass reads parameters and buffers and writes buffers; `training` selects batch statistics. */
export interface Scope {
  read(name: string): Tensor;
  write(name: string, value: Tensor): void;
  readonly training: boolean;
}

/** A pure function of its input and of the named parameters that it reads from a scope. */
export interface Module<More extends (Tensor | undefined)[] = []> {
  parameters: ParameterSpec[];
  forward(scope: Scope, x: Tensor, ...more: More): Tensor;
}

export interface ImageSize {
  height: number;
  width: number;
  channels: number;
}

/** One row of a model's table: shapes without the batch axis. */
export interface LayerSummary {
  name: string;
  outputShape: number[];
  /** Trainable numbers in the layer. */
  parameters: number;
}

/** An encoder: forward maps images [N, H, W, C] float32 to features [N, featureSize]. */
export interface Backbone extends Module {
  name: string;
  featureSize: number;
  inputSize: ImageSize;
  layers: LayerSummary[];
}

/**
 * A scope over a flat state, the usual one of a training or inference step. Reads see earlier writes of the same pass,
 * so a second view continues from the running statistics of the first. Written tensors are kept alive (they are made
 * inside the gradient's own tidy); who takes `written` owns them.
 * @throws NotFoundError when a module reads a name that the state lacks
 */
export function scopeOf(state: Record<string, Tensor>, training: boolean): Scope & { written: Record<string, Tensor> } {
  const written: Record<string, Tensor> = {};
  return {
    training,
    written,
    read(name) {
      const found = written[name] ?? state[name];
      if (!found) throw new NotFoundError(`scope: no parameter ${name}; the state has ${listNames(state)}`);
      return found;
    },
    write(name, value) {
      written[name]?.dispose();
      written[name] = keep(value);
    },
  };
}

/** The same module with every name under `prefix`: `named('conv1', conv2d(…))` reads `conv1.weight`. */
export function named<More extends (Tensor | undefined)[]>(prefix: string, module: Module<More>): Module<More> {
  return {
    parameters: module.parameters.map((parameter) => ({ ...parameter, name: `${prefix}.${parameter.name}` })),
    // Frees what the module made on its way, which at evaluation is most of the memory.
    forward: (scope, x, ...more) => tidy(() => module.forward(prefixScope(scope, prefix), x, ...more)),
  };
}

/** A scope in which `name` stands for `prefix.name` of the outer scope. */
export function prefixScope(scope: Scope, prefix: string): Scope {
  return {
    training: scope.training,
    read: (name) => scope.read(`${prefix}.${name}`),
    write: (name, value) => scope.write(`${prefix}.${name}`, value),
  };
}

/** Modules one after the other; each is given with its own names. */
export function sequence(...modules: Module[]): Module {
  return {
    parameters: modules.flatMap(({ parameters }) => parameters),
    forward: (scope, x) => modules.reduce((value, module) => module.forward(scope, value), x),
  };
}

function listNames(state: Record<string, Tensor>): string {
  const names = Object.keys(state);
  return names.length > 8 ? `${names.slice(0, 8).join(', ')}, … (${names.length} names)` : names.join(', ') || 'none';
}
