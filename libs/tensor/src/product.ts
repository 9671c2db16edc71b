import {
  engine,
  getBackend,
  getKernel,
  matMul,
  type NamedAttrMap,
  registerGradient,
  registerKernel,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** A layer's product as a kernel of its own, so that an engine can tell it from the products of losses and statistics. */
const productKernel = 'LayerProduct';

/** The part of tfjs-node's backend that runs an operation by name. An engine that records may read the last argument. */
interface OperationRunner {
  binding: Record<'TF_ATTR_TYPE' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>;
  executeSingleOutput(name: string, attributes: object[], inputs: TensorInfo[], place: 'layer'): TensorInfo;
}
interface Transposed {
  transposeA: boolean;
  transposeB: boolean;
}

/**
 * The matrix product of a layer, a b, where an engine may compute in a narrower type; equal to tfjs's `matMul` in float32.
 *
 * @param a [..., N, K], or [..., K, N] with transposeA
 * @param b [..., K, M], or [..., M, K] with transposeB
 * @returns [..., N, M]
 */
export function product(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  if (!getKernel(productKernel, getBackend())) return matMul(a, b, transposeA, transposeB);
  return engine().runKernel(productKernel, { a, b }, { transposeA, transposeB });
}

registerKernel({
  kernelName: productKernel,
  backendName: 'tensorflow',
  kernelFunc({ inputs, backend, attrs }) {
    const { a, b } = inputs as Record<'a' | 'b', TensorInfo>;
    const { transposeA, transposeB } = attrs as unknown as Transposed;
    const { binding } = backend as unknown as OperationRunner;
    const attributes = [
      { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
      { name: 'adj_x', type: binding.TF_ATTR_BOOL, value: transposeA },
      { name: 'adj_y', type: binding.TF_ATTR_BOOL, value: transposeB },
    ];
    return (backend as unknown as OperationRunner).executeSingleOutput('BatchMatMulV2', attributes, [a, b], 'layer');
  },
});

registerGradient({
  kernelName: productKernel,
  inputsToSave: ['a', 'b'],
  gradFunc(given, [a, b], attrs: NamedAttrMap) {
    const dy = given as Tensor;
    const { transposeA, transposeB } = attrs as unknown as Transposed;
    const [left, right] = [a as Tensor, b as Tensor];
    return {
      a: () => (transposeA ? product(right, dy, transposeB, true) : product(dy, right, false, !transposeB)),
      b: () => (transposeB ? product(dy, left, true, transposeA) : product(left, dy, !transposeA, false)),
    };
  },
});
