import { type Scalar, type Tensor } from '@tensorflow/tfjs-core';

export interface UpdateArguments {
  parameter: Tensor;
  gradient: Tensor;
  /** One tensor of the parameter's shape for each of the optimiser's slots, zero before the first step. */
  slots: Record<string, Tensor>;
  learningRate: Scalar;
  /** The numbers of `scalars` for this step, each []. */
  scalars: Record<string, Scalar>;
  /** 0 for a parameter that is excluded from weight decay. */
  weightDecay: number;
  /** LARS and LAMB leave biases, norms and tokens unscaled; the other rules treat both groups alike. default: weights */
  group?: ParameterGroup;
}

/** `unscaled`: biases, the scales and shifts of norms, tokens: what is excluded from weight decay, too. */
export type ParameterGroup = 'weights' | 'unscaled';

// A type and no interface, so that tidy takes it for a container of tensors.
export type Updated = { parameter: Tensor; slots: Record<string, Tensor> };

/**
 * A pure description of an update rule. It holds no state, so a training step that calls it can be recorded: what changes
 * from step to step arrives as a tensor.
 */
export interface Optimiser {
  name: string;
  /** State it keeps for each parameter, by name. */
  slots: string[];
  update(args: UpdateArguments): Updated;
  /** Numbers that depend on the step alone (from 1), computed in double precision; fed to the step as inputs. */
  scalars(step: number): Record<string, number>;
}
