import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { native, trainingEnvironment } from './index.ts';

const fixture = fileURLToPath(new URL('own-kernels.fixture.ts', import.meta.url));

interface Report {
  kernels?: string;
  digests: Record<string, string>;
}
async function reportOf(threads: number, env: NodeJS.ProcessEnv = {}): Promise<Report> {
  const environment = trainingEnvironment({ intraOpThreads: threads, interOpThreads: 1 });
  const { stdout } = await promisify(execFile)(process.execPath, [fixture], {
    env: { ...process.env, ...environment, ...env },
  });
  return JSON.parse(stdout) as Report;
}

test('own kernels give the same bits with 1, 2 and 5 threads, which TensorFlow promises for equal counts alone', async () => {
  const { kernels } = native();
  const one = await reportOf(1);
  expect(one.kernels).toBe(kernels);
  if (kernels === undefined) return; // composed of TensorFlow's operations: see the title
  expect(Object.keys(one.digests).length).toBeGreaterThanOrEqual(kernels === 'avx512bf16' ? 12 : 9);
  for (const threads of [2, 5]) expect(await reportOf(threads), `${threads} threads`).toEqual(one);
}, 120_000);

test('own kernels are in use on a CPU that has AVX2, unless UNLABEL_KERNELS is "off"', async () => {
  const hasAvx2 = /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  const isWanted = native().device === 'cpu' && hasAvx2 && process.env['UNLABEL_KERNELS'] !== 'off';
  expect(native().kernels !== undefined).toBe(isWanted);
  expect((await reportOf(2, { UNLABEL_KERNELS: 'off' })).kernels).toBeUndefined();
});
