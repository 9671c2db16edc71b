export {
  type CheckpointFiles,
  decodeCheckpoint,
  encodeCheckpoint,
  parseManifest,
  type TrainingState,
} from './checkpoint.ts';
export { type Batch, NonFiniteError, train, type TrainingEnd, type TrainingPlan, type TrainingPorts } from './loop.ts';
export { freshStopper } from './stopper.ts';
export {
  type InputSpec,
  normaliseImages,
  slotName,
  type Step,
  type StepFunction,
  type TensorMap,
  type TrainingStep,
  trainingStep,
} from './training-step.ts';
