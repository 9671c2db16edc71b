import type { WeightNaming } from './naming.ts';

/**
 * torchvision's ResNets (timm's have the same names): `conv1.weight`, `layer1.0.bn1.running_mean`. The classifier `fc` and
 * batch norm's counters are left out.
 */
export const torchvisionNaming: WeightNaming = {
  format: 'torchvision',
  title: "torchvision's ResNets (layer1.0.conv1.weight)",
  backbones: ['resnet18', 'resnet34', 'resnet50'],
  recognises: (names) => names.some((name) => /^layer\d\.\d+\./.test(name)),
  parameterOf: (name) => (/^fc\.|\.num_batches_tracked$/.test(name) ? null : name),
};
