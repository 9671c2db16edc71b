import { memory } from '@tensorflow/tfjs-core';

import { native } from './native.ts';

export interface MemoryUse {
  /** tensors that tfjs holds, and those in native memory */
  tensors: number;
  nativeTensors: number;
  /** recorded steps alive */
  sessions: number;
  residentBytes: number;
}

/** What the process holds now. Counts that rise from step to step are leaks. */
export function memoryUse(): MemoryUse {
  const { binding } = native().backend;
  return {
    tensors: memory().numTensors,
    nativeTensors: binding.getNumOfTensors(),
    sessions: binding.getNumOfSavedModels(),
    residentBytes: process.memoryUsage.rss(),
  };
}
