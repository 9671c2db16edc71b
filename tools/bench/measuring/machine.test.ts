import { expect, test } from 'vitest';

import { describeMachine, machineSchema } from './machine.ts';

const cpuInfo = (flags: string) =>
  `processor\t: 0\nmodel name\t: Some CPU 9000\nflags\t\t: ${flags}\n\nprocessor\t: 1\nmodel name\t: Some CPU 9000\nflags\t\t: ${flags}\n`;

test('names the processor and, of its instruction sets, those that decide which kernels run', () => {
  const machine = machineSchema.parse(describeMachine(cpuInfo('fpu avx avx2 avx512f avx512bw avx512_bf16')));
  expect(machine).toMatchObject({ cpu: 'Some CPU 9000', instructionSets: ['avx2', 'avx512f', 'avx512_bf16'] });
});

test('only whole names count as instruction sets', () => {
  expect(describeMachine(cpuInfo('avx avx512_bf16_not amx_tile')).instructionSets).toEqual([]);
});

test('a machine that does not tell still has a name and cores', () => {
  const machine = machineSchema.parse(describeMachine(''));
  expect(machine.cpu).not.toBe('');
  expect(machine.instructionSets).toEqual([]);
});
