import { type ComputePrecision, UsageError } from '#lib/contracts';

import { capturedStep } from './captured-step.ts';
import { eagerStep } from './eager-step.ts';
import { recordStep } from './record-step.ts';
import { checkState, type Step, type StepFunction, type StepOptions, type TensorSpec, zeroState } from './step.ts';
import type { StepTrace } from './trace.ts';

export interface BuildOptions extends StepOptions {
  engine: 'captured' | 'eager';
  /** default: float32 */
  precision?: ComputePrecision | undefined;
  /** Is shown what the step's memory depends on before any is taken; throws where that is too much. */
  admit?: ((trace: StepTrace) => void) | undefined;
}

/** A step that says what it needs and holds no values. */
export interface ShapedStep {
  fn: StepFunction;
  state: Record<string, number[]>;
  inputs: Record<string, TensorSpec>;
}

/**
 * Builds a step once, to be run many times, by the engine asked for.
 * @throws UsageError for first values that do not fit their shape, a step that returns other state than declared, or a precision that
 *   only the captured engine has
 * @throws RecordingError for a step that can't be captured, UndeclaredTensorError for one that reads a tensor from outside
 */
export function buildStep(fn: StepFunction, { engine, admit, ...options }: BuildOptions): Step {
  const { state } = options;
  checkState(Object.fromEntries(Object.entries(state).map(([name, { values }]) => [name, values])), state);
  if (engine === 'captured') return capturedStep(fn, options, admit);
  if (options.precision === 'bfloat16')
    throw new UsageError('engine: eager computes in float32 alone, the precision is bfloat16', {
      field: 'precision',
      remedy: 'use engine=captured, or precision=float32',
    });
  admit?.(recordStep(fn, options).trace);
  return eagerStep(fn, options);
}

/**
 * What a step's memory depends on, found without running it, at no cost in memory.
 * @param step with the shape of every entry of its state
 * @throws RecordingError, UndeclaredTensorError as `buildStep` does
 */
export function traceStep({ fn, state, inputs }: ShapedStep): StepTrace {
  return recordStep(fn, { state: zeroState(state), inputs }).trace;
}
