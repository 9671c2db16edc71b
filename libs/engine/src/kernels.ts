import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

import { UnlabelError } from '#lib/contracts';

/** The module that libs/engine/kernels is built into. */
interface KernelModule {
  /** Registers the kernels with TensorFlow, up to a level. Returns what of the processor they use; null: it has too little for them. */
  register(threads: number, cap: string): string | null;
}

const best = 'amxbf16';
const levels = ['off', 'avx2', 'avx512', 'avx512bf16', best];

/**
 * Registers the operations of libs/engine/kernels, which TensorFlow then runs by name like its own.
 * @param wanted the most of the processor that they may use; default: UNLABEL_KERNELS, else all
 * @returns what of the processor they use; undefined where it has too little, or "off" is wanted
 * @throws UnlabelError for another level, when they were not built, or when TensorFlow refuses one
 */
export function registerKernels(wanted = process.env['UNLABEL_KERNELS'] ?? best): string | undefined {
  if (!levels.includes(wanted))
    throw new UnlabelError(`UNLABEL_KERNELS is "${wanted}"; it may be ${levels.join(', ')}`, {
      remedy: 'leave it unset for the best that the processor has',
    });
  if (wanted === 'off') return undefined;
  const require = createRequire(import.meta.url);
  const path = join(
    dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json')),
    'lib/napi-v8/unlabel_kernels.node',
  );
  const threads = Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? 0) || availableParallelism();
  try {
    return (require(path) as KernelModule).register(threads, wanted) ?? undefined;
  } catch (cause) {
    throw new UnlabelError(`the engine's own kernels can't be loaded: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
      remedy: 'set them up: ./unlabel setup, or npm run setup',
    });
  }
}
