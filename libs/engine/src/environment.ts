import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { z } from 'zod';

export interface TrainingEnvironmentOptions {
  /** threads within an operation */
  intraOpThreads: number;
  /** operations at once; 1 was measured to be slower than as many as there are cores */
  interOpThreads: number;
  /** whether XLA compiles clusters of elementwise operations (the first step then takes some 20 s); default: false */
  xla?: boolean;
}

/**
 * The environment in which a process that trains must be started: TensorFlow reads it once, when it loads.
 * oneDNN's kernels are two to three times as fast as the others on CPUs without AVX-512, and not on by default there.
 * Reductions split by thread count, so equal results need equal counts.
 */
export function trainingEnvironment({
  intraOpThreads,
  interOpThreads,
  xla = false,
}: TrainingEnvironmentOptions): Record<string, string> {
  return {
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_DETERMINISTIC_OPS: '1',
    TF_NUM_INTRAOP_THREADS: String(intraOpThreads),
    TF_NUM_INTEROP_THREADS: String(interOpThreads),
    OMP_NUM_THREADS: String(intraOpThreads),
    TF_FORCE_GPU_ALLOW_GROWTH: 'true', // else the first process takes all of a GPU's memory
    NVIDIA_TF32_OVERRIDE: '0', // else products and convolutions on a GPU keep 10 of float32's 23 bits
    ...(xla && { TF_XLA_FLAGS: '--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit --tf_xla_ops_to_cluster=FUSIBLE' }),
  };
}

/** Any of these is there when the machine has an NVIDIA driver (the last: under WSL). */
const driverSigns = ['/proc/driver/nvidia', '/dev/nvidiactl', '/dev/dxg'];

/** What the engine needs of the record that the set-up leaves beside the binding (tools/setup/engine.ts). */
const recordSchema = z.looseObject({ device: z.enum(['cpu', 'gpu']) });

/**
 * The device that a process which loads TensorFlow will train on, found without loading it: what the set-up built the
 * binding for, if the driver is there. `native().device` of the training process has the last word.
 *
 * @param record the set-up's record, as JSON; default: the one beside the binding
 */
export function expectedDevice(record = readRecord(), exists: (path: string) => boolean = existsSync): 'cpu' | 'gpu' {
  if (record === undefined) return 'cpu';
  const { device } = recordSchema.parse(JSON.parse(record));
  return device === 'gpu' && driverSigns.some(exists) ? 'gpu' : 'cpu';
}

function readRecord(): string | undefined {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json');
  const path = join(dirname(entry), 'lib', 'napi-v8', 'tfjs_binding.json');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
