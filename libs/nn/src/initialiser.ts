import { type Initialiser } from './module.ts';

/** torch's default for a linear layer or convolution, and for its bias: uniform over ±1/√fanIn (kaiming_uniform_ with a = √5). */
export function torchUniform(fanIn: number): Initialiser {
  return { kind: 'uniform', limit: 1 / Math.sqrt(fanIn) };
}

/** Glorot & Bengio 2010: uniform over ±√(6 / (fanIn + fanOut)); MAE's choice for all linear layers. */
export function xavierUniform(fanIn: number, fanOut: number): Initialiser {
  return { kind: 'uniform', limit: Math.sqrt(6 / (fanIn + fanOut)) };
}

/** He et al. 2015: normal with variance 2 / fan; torchvision's ResNets take the fan out. */
export function kaimingNormal(fan: number): Initialiser {
  return { kind: 'normal', std: Math.sqrt(2 / fan) };
}

/** Keras's `he_normal`: cut at two standard deviations, then widened so that the variance is 2 / fanIn again. */
export function kerasHeNormal(fanIn: number): Initialiser {
  const stdOfUnitNormalCutAt2 = 0.87962566103423978;
  return { kind: 'truncated-normal', std: Math.sqrt(2 / fanIn) / stdOfUnitNormalCutAt2 };
}
