import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { type ComputePrecision, threadsOf } from '#lib/contracts';
import { hasBfloat16, trainingEnvironment } from '#lib/engine';

const fixture = fileURLToPath(new URL('repeated-training.fixture.ts', import.meta.url));
const threads = 2;

interface Way {
  method: 'simsiam' | 'mae';
  precision: ComputePrecision;
  sideBySide: boolean;
}

async function trained({ method, precision, sideBySide }: Way): Promise<{ whole: string; again: string }> {
  const env = { ...process.env, ...trainingEnvironment(threadsOf({ sideBySide }, threads)) };
  const args = [fixture, method, precision, ...(sideBySide ? ['side-by-side'] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout) as { whole: string; again: string };
}

const precisions: ComputePrecision[] = hasBfloat16('cpu') ? ['float32', 'bfloat16'] : ['float32'];
const ways = (['simsiam', 'mae'] as const).flatMap((method) =>
  precisions.flatMap((precision) => [false, true].map((sideBySide): Way => ({ method, precision, sideBySide }))),
);

// Three processes at once on fewer cores: which side's thread is faster differs from step to step.
test.each(ways)(
  '$method in $precision (side by side: $sideBySide) has the same bits in every process and after a resume',
  async (way) => {
    const runs = await Promise.all([1, 2, 3].map(() => trained(way)));
    const whole = runs[0]?.whole;
    expect(runs).toEqual(runs.map(() => ({ whole, again: whole })));
  },
  120_000,
);
