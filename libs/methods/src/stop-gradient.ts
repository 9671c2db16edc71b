import { backend, engine, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The same values as a tensor that no gradient flows through. It shares the values, and the tape never sees it; a custom
 * gradient of zeros would put arrays of zeros into a recorded step.
 */
export function stopGradient<T extends Tensor>(x: T): T {
  (backend() as unknown as { incRef(dataId: object): void }).incRef(x.dataId);
  return engine().makeTensorFromTensorInfo({ dataId: x.dataId, shape: x.shape, dtype: x.dtype }) as T;
}
