import { batchNorm, linear, type Module, named, sequence, simsiamProjection } from '#lib/nn';

export interface ProjectorOptions {
  in: number;
  width: number;
  layers: 2 | 3;
}

/**
 * SimSiam's projection MLP: three layers, or two as in the paper's CIFAR experiments (Chen & He 2020, appendix D); the last
 * batch norm has no scale and shift. Names are those of the three-layer head, as far as its layers are there. [N, in] → [N, width].
 */
export function simsiamProjector({ in: inSize, width, layers }: ProjectorOptions): Module {
  if (layers === 3) return simsiamProjection({ in: inSize, hidden: width, out: width });
  return sequence(
    named('layers.0', linear({ in: inSize, out: width, bias: false })),
    named('layers.1', batchNorm({ size: width, relu: true })),
    named('layers.3', linear({ in: width, out: width, bias: false })),
    named('layers.4', batchNorm({ size: width, affine: false })),
  );
}
