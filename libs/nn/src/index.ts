export { type BackboneEntry } from './backbones/define.ts';
export { backbones, buildBackbone } from './backbones/registry.ts';
export { type ResNet, resNet, type ResNetKind, type ResNetOptions } from './backbones/resnet.ts';
export { resNet20V2, type ResNet20V2Options } from './backbones/resnet20-v2.ts';
export { type VisionTransformer, vit, type VitOptions } from './backbones/vit.ts';
export { barlowTwinsProjection } from './heads/barlow-twins-projection.ts';
export { byolProjection } from './heads/byol-projection.ts';
export { dinoProjection, type DinoProjectionOptions } from './heads/dino-projection.ts';
export { projection, type ProjectionOptions } from './heads/projection.ts';
export { simclrProjection } from './heads/simclr-projection.ts';
export { simsiamPrediction } from './heads/simsiam-prediction.ts';
export { type HeadOptions, simsiamProjection } from './heads/simsiam-projection.ts';
export { initialise } from './initialise.ts';
export { kaimingNormal, kerasHeNormal, torchUniform, xavierUniform } from './initialiser.ts';
export { attention, type AttentionOptions } from './layers/attention.ts';
export { basicBlock, type ResidualBlockOptions } from './layers/basic-block.ts';
export { batchNorm, type BatchNormOptions } from './layers/batch-norm.ts';
export { bottleneckBlock, bottleneckExpansion } from './layers/bottleneck-block.ts';
export { conv2d, type Conv2dOptions, outputSide } from './layers/conv2d.ts';
export { layerNorm, type LayerNormOptions } from './layers/layer-norm.ts';
export { linear, type LinearOptions } from './layers/linear.ts';
export { mlp, type MlpOptions } from './layers/mlp.ts';
export { patchEmbed, type PatchEmbedOptions } from './layers/patch-embed.ts';
export { patchGrid, patchify, unpatchify } from './layers/patchify.ts';
export { avgPool2x2, globalAvgPool, maxPool3x3 } from './layers/pooling.ts';
export { sinCosPositions, type SinCosOptions } from './layers/position-embedding.ts';
export { transformerBlock, type TransformerBlockOptions } from './layers/transformer-block.ts';
export {
  type Backbone,
  type ImageSize,
  type Initialiser,
  type LayerSummary,
  type Module,
  named,
  type ParameterSpec,
  prefixScope,
  type Scope,
  scopeOf,
  sequence,
} from './module.ts';
export { countParameters, modelTable, summarize } from './summary.ts';
export {
  checkWeightsFit,
  type ImportedWeights,
  importWeights,
  inspectWeights,
  type WeightsTarget,
} from './pretrained/import-weights.ts';
export {
  fromTorchLayout,
  fromTorchState,
  type NamedArray,
  toTorchLayout,
  toTorchShape,
  toTorchState,
} from './torch-names.ts';
