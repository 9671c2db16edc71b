import { bottleneckBlock, bottleneckExpansion } from '../layers/bottleneck-block.ts';

import { defineBackbone } from './define.ts';
import { resNet, type ResNetKind, resNetOptionsSchema } from './resnet.ts';

export const resnet50Kind: ResNetKind = {
  name: 'resnet50',
  block: bottleneckBlock,
  expansion: bottleneckExpansion,
  depths: [3, 4, 6, 3],
};

/** torchvision's resnet50 without its classifier. */
export const resnet50 = defineBackbone({
  name: 'resnet50',
  title: 'ResNet-50: bottlenecks, 24 million parameters, 2048 features',
  options: resNetOptionsSchema,
  build: (options, input) => resNet(resnet50Kind, options, input),
});
