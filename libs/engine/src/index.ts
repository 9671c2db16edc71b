export { buildStep } from './build-step.ts';
export { trainingEnvironment } from './environment.ts';
export { native } from './native.ts';
export { UndeclaredTensorError } from './recorder.ts';
export {
  type InputArray,
  type Step,
  type StepFunction,
  type StepOptions,
  type TensorMap,
  type TensorSpec,
} from './step.ts';
