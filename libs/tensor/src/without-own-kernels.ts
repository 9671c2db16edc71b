import { backend } from '@tensorflow/tfjs-core';

/** Runs a function as on a device without own kernels, for tests that compare both forms. */
export function withoutOwnKernels<T>(run: () => T): T {
  const device = backend() as { ownKernels?: string };
  const { ownKernels } = device;
  delete device.ownKernels;
  try {
    return run();
  } finally {
    if (ownKernels !== undefined) device.ownKernels = ownKernels;
  }
}
