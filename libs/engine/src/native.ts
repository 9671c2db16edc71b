import './node-shims.ts';

import { createRequire } from 'node:module';

import { UnlabelError } from '#lib/contracts';

import type { NativeBackend } from './binding.ts';
import { registerKernels } from './kernels.ts';
import { registerNativeGradients } from './native-gradients.ts';

interface TfjsNode {
  backend(): unknown;
  version: { 'tfjs-core': string };
}

export interface Native {
  backend: NativeBackend;
  device: 'cpu' | 'gpu';
  versions: { tfjs: string; tensorflow: string };
}

let loaded: Native | undefined;

/**
 * TensorFlow's backend for tfjs, loaded at first use: the library takes its flags from the environment then, and never
 * again (`trainingEnvironment`). Registers kernels and gradients for `@tensorflow/tfjs-core`.
 * @throws UnlabelError if the native library was not set up
 */
export function native(): Native {
  if (loaded) return loaded;
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  let tf: TfjsNode;
  try {
    tf = quietly(() => createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu') as TfjsNode);
  } catch (cause) {
    throw new UnlabelError(`TensorFlow's native library can't be loaded: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
      remedy: 'set it up: ./unlabel setup, or npm run setup',
    });
  }
  const backend = tf.backend() as NativeBackend;
  const { binding } = backend;
  registerNativeGradients(backend);
  const device = binding.isUsingGpuDevice() ? 'gpu' : 'cpu';
  const kernels = device === 'cpu' ? registerKernels() : undefined;
  if (kernels !== undefined) backend.ownKernels = kernels;
  loaded = {
    backend,
    device,
    versions: { tfjs: tf.version['tfjs-core'], tensorflow: binding.TF_Version },
  };
  return loaded;
}

/** tfjs-node greets on the console when it is loaded. */
function quietly<T>(load: () => T): T {
  const { info, warn } = console;
  console.info = console.warn = () => undefined;
  try {
    return load();
  } finally {
    console.info = info;
    console.warn = warn;
  }
}
