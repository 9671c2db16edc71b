import { Relu, registerGradient, type Tensor, unregisterGradient } from '@tensorflow/tfjs-core';

import type { NativeBackend } from './binding.ts';
import { dataType } from './graph.ts';

/**
 * Replaces gradients that tfjs composes of several operations where TensorFlow has one. That of relu goes through `step`, which on
 * this backend takes six operations and an array of ones.
 */
export function registerNativeGradients(backend: NativeBackend): void {
  unregisterGradient(Relu);
  registerGradient({
    kernelName: Relu,
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => {
        const attributes = [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: dataType.float }];
        return backend.executeSingleOutput('ReluGrad', attributes, [dy as Tensor, y as Tensor]) as Tensor;
      },
    }),
  });
}
