import { readFileSync } from 'node:fs';

import { askGpu } from './ask-gpu.ts';

/** Ampere, the first generation of NVIDIA's that multiplies in bfloat16. */
const firstCapability = 8;

/** Whether the device multiplies in bfloat16; elsewhere TensorFlow's kernels for it are many times slower than float32. */
export function hasBfloat16(device: 'cpu' | 'gpu', ask: () => string | undefined = () => description(device)): boolean {
  const text = ask();
  if (text === undefined) return false;
  return device === 'cpu' ? /\b(avx512_bf16|amx_bf16)\b/.test(text) : Number.parseFloat(text) >= firstCapability;
}

function description(device: 'cpu' | 'gpu'): string | undefined {
  if (device === 'gpu') return askGpu('compute_cap');
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return undefined;
  }
}
