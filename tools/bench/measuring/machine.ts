import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

import { z } from 'zod';

/** Instruction sets that decide which kernels run. */
const instructionSets = ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16'] as const;

export const machineSchema = z.strictObject({
  cpu: z.string(),
  cores: z.int().positive().describe('that this process may use'),
  instructionSets: z.array(z.enum(instructionSets)).describe('of those that decide which kernels run'),
  memoryBytes: z.int().positive(),
  system: z.string(),
});
export type Machine = z.infer<typeof machineSchema>;

/** The machine as a report names it. @param cpuInfo the text of /proc/cpuinfo */
export function describeMachine(cpuInfo = readCpuInfo()): Machine {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuInfo)?.[1]?.trim().split(/\s+/));
  return {
    cpu: /^model name\s*:\s*(.*)$/m.exec(cpuInfo)?.[1] ?? cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    instructionSets: instructionSets.filter((name) => flags.has(name)),
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
  };
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return ''; // not Linux: the model is known to Node, the instruction sets are not
  }
}
