import {
  addN,
  clone,
  div,
  engine,
  keep,
  type Scalar,
  slice,
  sub,
  type Tensor,
  type Tensor4D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';

import type { Loss, MethodInstance } from '#lib/methods';
import { type ParameterSpec, type Scope, scopeOf } from '#lib/nn';
import { clipGlobalNorm, globalNorm, type Optimiser } from '#lib/optim';

export type TensorMap = Record<string, Tensor>;

/** A pure step, as in JAX: new state and outputs from state and inputs. It is built once and run many times. */
export type StepFunction = (state: TensorMap, inputs: TensorMap) => { state: TensorMap; outputs: TensorMap };
export interface InputSpec {
  shape: number[];
  dtype: 'float32' | 'int32' | 'uint8';
}

/** What the loop wants of a built step; the engine's steps are such. */
export interface Step {
  run(inputs: Record<string, Float32Array | Int32Array | Uint8Array>): Record<string, Float32Array>;
  readState(): Record<string, Float32Array>;
  writeState(state: Record<string, Float32Array>): void;
  dispose(): void;
}

/** What a method, an optimiser and the sizes of a batch amount to: the step, its state and its inputs. */
export interface TrainingStep {
  fn: StepFunction;
  /** Shapes of all state by name: parameters and buffers by their own names, slots as `slotName(slot, parameter)`. */
  state: Record<string, number[]>;
  inputs: Record<string, InputSpec>;
}

export interface TrainingStepOptions {
  instance: MethodInstance;
  optimiser: Optimiser;
  weightDecay: number;
  /** Scales all gradients down to a joint norm before the update; default: null, never. */
  gradientClip?: { norm: number } | null;
  batch: number;
  /** height, width of each view, channels last */
  views: { height: number; width: number; channels: number }[];
  mean: number[];
  std: number[];
  /** equal parts that the batch is computed in, for a method whose loss is a mean over images; default: 1 */
  parts?: number;
}

export const slotName = (slot: string, parameter: string): string => `${slot}/${parameter}`;
export const viewName = (view: number): string => `view${view}`;

/**
 * One step of training: views as bytes in, loss and gradients by the method, parameters and slots by the optimiser.
 *
 * Inputs: `view0`… uint8 [B, H, W, C], the method's own, `learningRate` and `peakLearningRate` [] and the optimiser's
 * scalars []. Outputs: `loss`, `gradientNorm` (over all trainable parameters, before clipping) and `term/<name>`, each [].
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { instance, optimiser, batch, views } = options;
  const trainable = instance.parameters.filter((parameter) => parameter.trainable);
  const state: Record<string, number[]> = {};
  for (const { name, shape } of instance.parameters) state[name] = shape;
  for (const slot of optimiser.slots) for (const { name, shape } of trainable) state[slotName(slot, name)] = shape;
  const inputs: Record<string, InputSpec> = { ...instance.inputs({ batch }) };
  views.forEach(({ height, width, channels }, view) => {
    inputs[viewName(view)] = { shape: [batch, height, width, channels], dtype: 'uint8' };
  });
  for (const name of ['learningRate', 'peakLearningRate', ...Object.keys(optimiser.scalars(1))])
    inputs[name] = { shape: [], dtype: 'float32' };
  return { fn: (now, fed) => tidy(() => step(options, trainable, now, fed)), state, inputs };
}

/** What a step is fed beside the method's own draws. `step` counts from 1, as the optimiser's scalars do. */
export function stepInputs(
  optimiser: Optimiser,
  { step, learningRate, peak, views }: { step: number; learningRate: number; peak: number; views: Uint8Array[] },
): Record<string, Float32Array | Uint8Array> {
  const scalars = { ...optimiser.scalars(step), learningRate, peakLearningRate: peak };
  return {
    ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)])),
    ...Object.fromEntries(views.map((view, i) => [viewName(i), view])),
  };
}

function step(options: TrainingStepOptions, trainable: ParameterSpec[], state: TensorMap, inputs: TensorMap) {
  const { loss, gradients, written, terms } = lossAndGradients(options, trainable, state, inputs);
  const { gradients: clipped, norm } = options.gradientClip
    ? clipGlobalNorm(gradients, options.gradientClip.norm)
    : { gradients, norm: globalNorm(gradients) };
  const outputs: TensorMap = { loss, gradientNorm: norm };
  for (const [name, term] of Object.entries(terms)) outputs[`term/${name}`] = term;
  return { state: { ...written, ...optimise(options, trainable, state, inputs, clipped) }, outputs };
}

/** (x / 255 − mean) / std per channel. x: [N, H, W, C] in 0..255 */
export function normaliseImages(x: Tensor4D, mean: readonly number[], std: readonly number[]): Tensor4D {
  const scale = tensor1d(std.map((value) => 255 * value)); // [C]
  const shift = tensor1d(mean.map((value, channel) => value / (std[channel] as number))); // [C]
  return sub(div(x, scale), shift);
}

/** The loss of a batch: of its parts the mean. */
function lossOf(
  { instance, views, mean, std, batch, parts = 1 }: TrainingStepOptions,
  scope: Scope,
  inputs: TensorMap,
): Loss {
  const own = Object.keys(instance.inputs({ batch }));
  const rows = batch / parts;
  const losses = Array.from({ length: parts }, (_, part) => {
    const of = (name: string): Tensor => {
      const input = inputs[name] as Tensor;
      return parts === 1 ? input : slice(input, [part * rows], [rows]);
    };
    const images = views.map((_, view) => normaliseImages(of(viewName(view)) as Tensor4D, mean, std));
    return instance.loss(scope, images, { ...inputs, ...Object.fromEntries(own.map((name) => [name, of(name)])) });
  });
  const [first] = losses as [Loss];
  if (parts === 1) return first;
  const meanOf = (scalars: Scalar[]): Scalar => div(addN(scalars), parts);
  const terms = Object.keys(first.terms).map((name) => [
    name,
    meanOf(losses.map((each) => each.terms[name] as Scalar)),
  ]);
  return { loss: meanOf(losses.map(({ loss }) => loss)), terms: Object.fromEntries(terms) as Loss['terms'] };
}

function lossAndGradients(
  options: TrainingStepOptions,
  trainable: ParameterSpec[],
  state: TensorMap,
  inputs: TensorMap,
) {
  // What forward makes beside the loss would be freed when the tape's scope ends: kept here, given back as clones.
  let made: { written: TensorMap; terms: TensorMap } = { written: {}, terms: {} };
  const kept = new Set<Tensor>();
  const callers = new Set([...Object.values(state), ...Object.values(inputs)]);
  const forward = (): Scalar => {
    const scope = scopeOf(state, true);
    const { loss, terms } = lossOf(options, scope, inputs);
    made = { written: scope.written, terms };
    for (const tensor of [...Object.values(made.written), ...Object.values(terms)])
      if (tensor !== loss && !callers.has(tensor)) kept.add(keep(tensor)); // the loss may be a term of its own, and state be written unchanged
    return loss;
  };
  const { value, grads } = engine().gradients(
    forward,
    trainable.map(({ name }) => state[name] as Tensor),
  );
  const copies = (tensors: TensorMap): TensorMap =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, clone(tensor)]));
  const [written, terms] = [copies(made.written), copies(made.terms)];
  for (const tensor of kept) tensor.dispose();
  return { loss: value, gradients: grads, written, terms };
}

function optimise(
  { instance, optimiser, weightDecay }: TrainingStepOptions,
  trainable: ParameterSpec[],
  state: TensorMap,
  inputs: TensorMap,
  gradients: Tensor[],
): TensorMap {
  const scalars = Object.fromEntries(Object.keys(optimiser.scalars(1)).map((name) => [name, inputs[name] as Scalar]));
  const next: TensorMap = {};
  trainable.forEach(({ name, decay }, i) => {
    const constant = instance.learningRateOf?.(name) === 'constant';
    const { parameter, slots } = optimiser.update({
      parameter: state[name] as Tensor,
      gradient: gradients[i] as Tensor,
      slots: Object.fromEntries(optimiser.slots.map((slot) => [slot, state[slotName(slot, name)] as Tensor])),
      learningRate: inputs[constant ? 'peakLearningRate' : 'learningRate'] as Scalar,
      scalars,
      weightDecay: decay ? weightDecay : 0,
      group: decay ? 'weights' : 'unscaled',
    });
    next[name] = parameter;
    for (const [slot, value] of Object.entries(slots)) next[slotName(slot, name)] = value;
  });
  return next;
}
