import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { type ComputePrecision, threadsOf } from '#lib/contracts';
import { hasBfloat16, trainingEnvironment } from '#lib/engine';

const fixture = fileURLToPath(new URL('repeated-training.fixture.ts', import.meta.url));
const threads = 2;

async function trained(precision: ComputePrecision, sideBySide: boolean): Promise<{ whole: string; again: string }> {
  const env = { ...process.env, ...trainingEnvironment(threadsOf({ sideBySide }, threads)) };
  const { stdout } = await promisify(execFile)(process.execPath, [fixture, precision], { env });
  return JSON.parse(stdout) as { whole: string; again: string };
}

const precisions: ComputePrecision[] = hasBfloat16('cpu') ? ['float32', 'bfloat16'] : ['float32'];
const ways = precisions.flatMap((precision) => [false, true].map((sideBySide) => ({ precision, sideBySide })));

// Three processes at once on fewer cores: whichever view's thread is faster differs from step to step.
test.each(ways)(
  'two views trained in $precision (side by side: $sideBySide) have the same bits in every process and after a resume',
  async ({ precision, sideBySide }) => {
    const runs = await Promise.all([1, 2, 3].map(() => trained(precision, sideBySide)));
    const whole = runs[0]?.whole;
    expect(runs).toEqual(runs.map(() => ({ whole, again: whole })));
  },
  120_000,
);
