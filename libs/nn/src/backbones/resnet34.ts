import { basicBlock } from '../layers/basic-block.ts';

import { defineBackbone } from './define.ts';
import { resNet, type ResNetKind, resNetOptionsSchema } from './resnet.ts';

export const resnet34Kind: ResNetKind = { name: 'resnet34', block: basicBlock, expansion: 1, depths: [3, 4, 6, 3] };

/** torchvision's resnet34 without its classifier. */
export const resnet34 = defineBackbone({
  name: 'resnet34',
  title: 'ResNet-34: basic blocks, 21 million parameters, 512 features',
  options: resNetOptionsSchema,
  build: (options, input) => resNet(resnet34Kind, options, input),
});
