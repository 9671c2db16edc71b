import { capturedStep } from './captured-step.ts';
import { eagerStep } from './eager-step.ts';
import { checkState, type Step, type StepFunction, type StepOptions } from './step.ts';

/**
 * Builds a step once, to be run many times, by the engine asked for.
 * @throws UsageError for first values that do not fit their shape, or a step that returns other state than declared
 * @throws RecordingError for a step that can't be captured, UndeclaredTensorError for one that reads a tensor from outside
 */
export function buildStep(
  fn: StepFunction,
  { engine, ...options }: StepOptions & { engine: 'captured' | 'eager' },
): Step {
  const { state } = options;
  checkState(Object.fromEntries(Object.entries(state).map(([name, { values }]) => [name, values])), state);
  return engine === 'captured' ? capturedStep(fn, options) : eagerStep(fn, options);
}
