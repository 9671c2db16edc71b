import { cast, customGrad, type GradSaveFunc, greater, mul, relu as reluOp, type Tensor } from '@tensorflow/tfjs-core';

/** max(x, 0), with derivative 0 at 0 as in torch. tfjs's own gradient goes through `step`, which builds an array of ones. */
export function relu(x: Tensor): Tensor {
  const op = customGrad((input, save) => {
    const y = reluOp(input as Tensor);
    (save as GradSaveFunc)([y]);
    return { value: y, gradFunc: (dy: Tensor, saved: Tensor[]) => mul(dy, cast(greater(saved[0]!, 0), 'float32')) };
  });
  return op(x);
}
