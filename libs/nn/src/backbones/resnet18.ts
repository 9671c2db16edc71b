import { basicBlock } from '../layers/basic-block.ts';

import { defineBackbone } from './define.ts';
import { resNet, type ResNetKind, resNetOptionsSchema } from './resnet.ts';

export const resnet18Kind: ResNetKind = { name: 'resnet18', block: basicBlock, expansion: 1, depths: [2, 2, 2, 2] };

/** torchvision's resnet18 without its classifier. */
export const resnet18 = defineBackbone({
  name: 'resnet18',
  title: 'ResNet-18: basic blocks, 11 million parameters, 512 features',
  options: resNetOptionsSchema,
  build: (options, input) => resNet(resnet18Kind, options, input),
});
