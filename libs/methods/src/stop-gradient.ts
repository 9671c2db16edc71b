import { customGrad, type Tensor } from '@tensorflow/tfjs-core';

/** The same values, through which no gradient flows: to the tape it is an operation without inputs. */
export function stopGradient<T extends Tensor>(x: T): T {
  return customGrad(() => ({ value: x.clone(), gradFunc: () => [] }))();
}
