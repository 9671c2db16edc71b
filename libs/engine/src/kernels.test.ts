import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { native, trainingEnvironment } from './index.ts';
import { withProducts } from './own-forms.ts';

const fixture = fileURLToPath(new URL('own-kernels.fixture.ts', import.meta.url));

interface Report {
  kernels?: string;
  /** of each one's results, a digest and some values */
  results: Record<string, { digest: string; values: number[] }>;
}
async function reportOf(threads: number, env: NodeJS.ProcessEnv = {}): Promise<Report> {
  const environment = trainingEnvironment({ intraOpThreads: threads, interOpThreads: 1 });
  const { stdout } = await promisify(execFile)(process.execPath, [fixture], {
    env: { ...process.env, ...environment, ...env },
  });
  return JSON.parse(stdout) as Report;
}

test('own kernels give the same bits with 1, 2 and 5 threads, which TensorFlow promises for equal counts alone', async () => {
  const { ownKernels: kernels } = native().backend;
  const one = await reportOf(1);
  expect(one.kernels).toBe(kernels);
  if (kernels === undefined) return; // composed of TensorFlow's operations: see the title
  expect(Object.keys(one.results).length).toBeGreaterThanOrEqual(withProducts.has(kernels) ? 11 : 8);
  for (const threads of [2, 5]) expect(await reportOf(threads), `${threads} threads`).toEqual(one);
}, 120_000);

test('each level of the processor’s instructions gives what the highest gives, within rounding', async () => {
  const best = await reportOf(2);
  if (best.kernels === undefined) return; // composed of TensorFlow's operations
  const levels = ['avx2', 'avx512', 'avx512bf16', 'amxbf16'];
  for (const level of levels.slice(0, levels.indexOf(best.kernels))) {
    const lower = await reportOf(2, { UNLABEL_KERNELS: level });
    expect(lower.kernels).toBe(level);
    for (const [name, { values }] of Object.entries(lower.results)) {
      const most = Math.max(...values.map(Math.abs));
      const apart = Math.max(...values.map((value, i) => Math.abs(value - best.results[name]!.values[i]!)));
      expect(apart, `${name} by ${level}`).toBeLessThan(1e-5 * most);
    }
  }
}, 120_000);

test('a level that is none is refused with those that are', async () => {
  await expect(reportOf(1, { UNLABEL_KERNELS: 'sse' })).rejects.toThrow(
    /UNLABEL_KERNELS is "sse"; it may be off, avx2/,
  );
});

test('own kernels are in use on a CPU that has AVX2, unless UNLABEL_KERNELS is "off"', async () => {
  const hasAvx2 = /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  const isWanted = native().device === 'cpu' && hasAvx2 && process.env['UNLABEL_KERNELS'] !== 'off';
  expect(native().backend.ownKernels !== undefined).toBe(isWanted);
  expect((await reportOf(2, { UNLABEL_KERNELS: 'off' })).kernels).toBeUndefined();
});
