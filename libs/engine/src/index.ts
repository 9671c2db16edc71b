export { hasBfloat16 } from './bfloat16-units.ts';
export { buildStep, type BuildOptions, type ShapedStep, traceStep } from './build-step.ts';
export { expectedDevice, trainingEnvironment, type TrainingEnvironmentOptions } from './environment.ts';
export { RecordingError, UndeclaredTensorError } from './errors.ts';
export { deviceMemory, hostMemoryBytes } from './machine-memory.ts';
export { type MemoryUse, memoryUse } from './memory.ts';
export { type Native, native } from './native.ts';
export {
  type InputArray,
  sizeOf,
  type Step,
  type StepFunction,
  type StepOptions,
  type StepResult,
  type TensorMap,
  type TensorSpec,
  zeroState,
} from './step.ts';
export { type StepTrace, type TracedOperation } from './trace.ts';
