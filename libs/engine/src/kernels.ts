import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

import { UnlabelError } from '#lib/contracts';

/** The module that libs/engine/kernels is built into. */
interface KernelModule {
  /** Registers the kernels with TensorFlow. Returns what of the processor they use; null: it has too little for them. */
  register(threads: number): string | null;
}

/**
 * Registers the operations of libs/engine/kernels, which TensorFlow then runs by name like its own.
 * @returns what of the processor they use; undefined where it has too little, or UNLABEL_KERNELS is "off"
 * @throws UnlabelError when they were not built, or TensorFlow refuses one
 */
export function registerKernels(): string | undefined {
  if (process.env['UNLABEL_KERNELS'] === 'off') return undefined;
  const require = createRequire(import.meta.url);
  const path = join(
    dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json')),
    'lib/napi-v8/unlabel_kernels.node',
  );
  const threads = Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? 0) || availableParallelism();
  try {
    return (require(path) as KernelModule).register(threads) ?? undefined;
  } catch (cause) {
    throw new UnlabelError(`the engine's own kernels can't be loaded: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
      remedy: 'set them up: ./unlabel setup, or npm run setup',
    });
  }
}
