import { capturedStep } from './captured-step.ts';
import { eagerStep } from './eager-step.ts';
import type { Step, StepFunction, StepOptions } from './step.ts';

/** Builds a step once, to be run many times, by the engine asked for. */
export function buildStep(
  fn: StepFunction,
  { engine, ...options }: StepOptions & { engine: 'captured' | 'eager' },
): Step {
  return engine === 'captured' ? capturedStep(fn, options) : eagerStep(fn, options);
}
