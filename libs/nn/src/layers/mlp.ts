import { type Initialiser, type Module, named, sequence } from '../module.ts';

import { linear } from './linear.ts';

export interface MlpOptions {
  size: number;
  hidden: number;
  /** First values of a linear layer; default: torch's for weight and bias. */
  init?: (inSize: number, outSize: number) => { init: Initialiser; biasInit: Initialiser };
}

/** The transformer's two layers with exact GELU between, as timm's Mlp: `fc1` size → hidden, `fc2` hidden → size. */
export function mlp({ size, hidden, init }: MlpOptions): Module {
  return sequence(
    named('fc1', linear({ in: size, out: hidden, activation: 'gelu', ...init?.(size, hidden) })),
    named('fc2', linear({ in: hidden, out: size, ...init?.(hidden, size) })),
  );
}
