import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { trainingEnvironment } from './index.ts';

const fixture = fileURLToPath(new URL('xla-training.fixture.ts', import.meta.url));

/** Losses of a training process of its own: XLA is switched on where TensorFlow is loaded. */
async function trained(precision: string, xla: boolean): Promise<{ losses: number[]; again: number[] }> {
  const env = { ...process.env, ...trainingEnvironment({ intraOpThreads: 2, interOpThreads: 2, xla }) };
  const { stdout } = await promisify(execFile)(process.execPath, [fixture, precision], { env });
  return JSON.parse(stdout) as { losses: number[]; again: number[] };
}

test.each(['float32', 'bfloat16'])(
  'under XLA, %s has the same bits in every process and after a resume',
  async (precision) => {
    const [one, other, plain] = [
      await trained(precision, true),
      await trained(precision, true),
      await trained(precision, false),
    ];
    expect(other).toEqual(one);
    expect(one.again).toEqual(one.losses.slice(10));
    expect(one.losses.at(-1)).toBeLessThan(0.5 * one.losses[0]!);
    one.losses.forEach((loss, i) => expect(Math.abs(loss - plain.losses[i]!)).toBeLessThan(0.05 * plain.losses[0]!));
  },
  120_000,
);
