import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { UnlabelError } from '#lib/contracts';

/** The kernels, as described in libs/transforms/native/kernels.h; pointers are offsets into the memory, in bytes. */
type KernelName =
  | 'affine'
  | 'solarize'
  | 'grayscale'
  | 'saturation'
  | 'hue'
  | 'channelSums'
  | 'mirrorRows'
  | 'bytesToPlanes'
  | 'planesToBytes'
  | 'alongWidthOfBytes'
  | 'alongWidthOfPlanes'
  | 'alongHeight'
  | 'blurRows'
  | 'blurColumns';

/** Vector instructions that kernels are compiled for; the results are the same bits. */
export const levels = ['plain', 'avx2', 'avx512'] as const;
export type Level = (typeof levels)[number];

export interface Kernels extends Record<KernelName, (...operands: number[]) => void> {
  readonly level: Level;
  /**
   * Sets the memory, which the caller keeps alive.
   * @returns how many bytes of it come before the first multiple of 64, where offsets are counted from
   */
  useMemory(buffer: ArrayBuffer): number;
}

/** libs/transforms/native/module.cc */
interface KernelModule {
  Kernels: new (cap?: Level) => Kernels;
}

const path = fileURLToPath(new URL('../../../node_modules/.unlabel-native/transforms.node', import.meta.url));
let opened: KernelModule | undefined;

/**
 * Kernels for the highest level that the processor has.
 * @param cap the highest level wanted
 * @throws UnlabelError if they were not set up
 */
export function openKernels(cap?: Level): Kernels {
  return new (opened ??= openModule()).Kernels(cap);
}

function openModule(): KernelModule {
  try {
    return createRequire(import.meta.url)(path) as KernelModule;
  } catch (cause) {
    throw new UnlabelError(`the kernels of transforms can't be loaded: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
      remedy: 'set them up: ./unlabel setup, or npm run setup',
    });
  }
}
