import { totalmem } from 'node:os';

import { askGpu } from './ask-gpu.ts';

/** Memory that processes may take here: the machine's, or the limit of the container that this process is in. */
export function hostMemoryBytes(total = totalmem(), constrained = process.constrainedMemory()): number {
  return constrained > 0 ? Math.min(total, constrained) : total;
}

/** What the device that a run trains on has; null for a GPU whose driver does not tell. */
export function deviceMemory(device: 'cpu' | 'gpu'): { device: 'cpu' | 'gpu'; bytes: number } | null {
  const bytes = device === 'cpu' ? hostMemoryBytes() : gpuMemoryBytes();
  return bytes === undefined ? null : { device, bytes };
}

/** Memory of the first GPU, by the driver's own tool, which comes with every driver. */
function gpuMemoryBytes(): number | undefined {
  const text = askGpu('memory.total');
  return text === undefined ? undefined : parseGpuMemory(text);
}

/** Bytes of the first GPU in the tool's table, one line of MiB each; undefined for "[N/A]". */
export function parseGpuMemory(text: string): number | undefined {
  const [line = ''] = text.trim().split('\n');
  return /^\d+$/.test(line.trim()) ? Number(line) * 2 ** 20 : undefined;
}
