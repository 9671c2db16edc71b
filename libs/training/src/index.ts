export {
  type CheckpointFiles,
  decodeCheckpoint,
  encodeCheckpoint,
  parseManifest,
  type TrainingState,
} from './checkpoint.ts';
export { completionStep, encoderOf, type InferenceStep, inferenceStep, type Network } from './inference-step.ts';
export { initialValues, readWeights, type WeightsSource } from './initial-values.ts';
export { type Batch, NonFiniteError, train, type TrainingEnd, type TrainingPlan, type TrainingPorts } from './loop.ts';
export { type MonitoredEmbeddings, readMonitors } from './monitors.ts';
export { freshStopper, observe, type Seen } from './stopper.ts';
export { admitSpec, batchMemory, modelOfSpec, type TraceStep } from './admit-spec.ts';
export {
  type BatchMemory,
  estimateMemory,
  fitsPlace,
  gigabytes,
  largestBatch,
  memoryRefusal,
} from './memory-estimate.ts';
export { stepPeakBytes, type StepTrace } from './step-memory.ts';
export { hasSides, instanceOfSpec, type SpecStep, stepOfSpec } from './step-of-spec.ts';
export {
  type InputSpec,
  normaliseImages,
  slotName,
  stepInputs,
  type Step,
  type StepFunction,
  type TensorMap,
  type TrainingStep,
  trainingStep,
} from './training-step.ts';
