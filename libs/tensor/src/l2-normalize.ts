import {
  cast,
  customGrad,
  div,
  type GradSaveFunc,
  greaterEqual,
  maximum,
  mul,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

/**
 * x / max(‖x‖₂, ε) along one axis, as torch.nn.functional.normalize; a zero row stays zero. The gradient keeps torch's
 * rule: the norm counts as the constant ε where it is below ε.
 *
 * @param x any shape
 * @param axis default: the last
 * @param epsilon default: torch's 1e-12
 */
export function l2Normalize(x: Tensor, axis = -1, epsilon = 1e-12): Tensor {
  const op = customGrad((input, save) => {
    const norm = sqrt(sum(square(input as Tensor), axis, true));
    const length = maximum(norm, epsilon);
    const y = div(input as Tensor, length);
    (save as GradSaveFunc)([y, length, cast(greaterEqual(norm, epsilon), 'float32')]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [unit, size, free] = saved as [Tensor, Tensor, Tensor];
        const radial = mul(free, sum(mul(dy, unit), axis, true)); // [..., 1]
        return div(sub(dy, mul(unit, radial)), size);
      },
    };
  });
  return op(x);
}
