export { buildStep, type BuildOptions, traceStep } from './build-step.ts';
export { expectedDevice, trainingEnvironment, type TrainingEnvironmentOptions } from './environment.ts';
export { RecordingError, UndeclaredTensorError } from './errors.ts';
export { deviceMemory, hostMemoryBytes } from './machine-memory.ts';
export { type MemoryUse, memoryUse } from './memory.ts';
export { type Native, native } from './native.ts';
export {
  type InputArray,
  type Step,
  type StepFunction,
  type StepOptions,
  type StepResult,
  type TensorMap,
  type TensorSpec,
} from './step.ts';
export { type StepTrace, type TracedOperation } from './trace.ts';
