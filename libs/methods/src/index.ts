export { barlowTwins, type BarlowTwinsOptions } from './barlow-twins.ts';
export { type BarlowTwinsLoss, barlowTwinsLoss, crossCorrelation } from './barlow-twins/loss.ts';
export { embeddingStd } from './embedding-std.ts';
export { mae, type MaeOptions } from './mae.ts';
export { maeDecoder, type DecoderOptions } from './mae/decoder.ts';
export { denormalisePatches, maeLoss, normalisePatches, removedAbsoluteError } from './mae/loss.ts';
export { drawMasks, keptPatches, type Masks, masksFromNoise } from './mae/masking.ts';
export { maeModel, type MaeModel, type MaeModelOptions, type Reconstruction } from './mae/model.ts';
export {
  type BuildArguments,
  type Completed,
  type Completion,
  type DrawArguments,
  type Loss,
  type Method,
  type MethodInstance,
} from './method.ts';
export { nnclr, type NnclrOptions } from './nnclr.ts';
export { matchAccuracy, nnclrLoss } from './nnclr/loss.ts';
export { enqueue, nearestRows, type Queue } from './nnclr/queue.ts';
export { ntXentLoss, ntXentQueueLoss } from './nt-xent.ts';
export { findMethod, methods } from './registry.ts';
export { simsiam, type SimSiamOptions } from './simsiam.ts';
export { negativeCosine, simSiamLoss } from './simsiam/loss.ts';
export { simsiamProjector } from './simsiam/projector.ts';
export { stopGradient } from './stop-gradient.ts';
