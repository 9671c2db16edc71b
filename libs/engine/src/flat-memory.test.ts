import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { matMul, mul, sub, sum, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { buildStep, type MemoryUse, memoryUse, type StepFunction } from './index.ts';
import { wave } from './tiny-training.fixture.ts';

const mebibyte = 2 ** 20;
const [batch, size] = [256, 256];

setFlagsFromString('--expose-gc');
/** What JavaScript no longer holds is given back: how much of it lies about says nothing about what is kept. */
const gc = runInNewContext('gc') as () => void;

/** Memory once garbage is given back: a thread of its own frees arrays after a collection, later if processors are busy. */
async function settledMemory(): Promise<MemoryUse> {
  gc();
  await sleep(200);
  gc();
  return memoryUse();
}

test('over 2,000 steps a captured step keeps no tensor and no memory', async () => {
  const fn: StepFunction = ({ weight }, { x }) => {
    const y = matMul(x as Tensor2D, weight as Tensor2D);
    return { state: { weight: sub(weight!, mul(matMul(x as Tensor2D, y, true), 1e-4)) }, outputs: { loss: sum(y) } };
  };
  const step = buildStep(fn, {
    engine: 'captured',
    state: { weight: { shape: [size, size], values: wave(size * size, 1) } },
    inputs: { x: { shape: [batch, size], dtype: 'uint8' } },
  });
  const x = Uint8Array.from({ length: batch * size }, (_, i) => i % 3);
  for (let i = 0; i < 500; i++) step.run({ x }); // allocators and the just-in-time compiler settle
  const before = await settledMemory();
  for (let i = 0; i < 2000; i++) step.run({ x });
  const after = await settledMemory();
  expect({ ...after, residentBytes: 0 }).toEqual({ ...before, residentBytes: 0 });
  // A batch kept each step would be 125 MiB as bytes, four times that as floats; the weight 500 MiB. Seen: 0.1 MiB.
  const kept = async () => (await settledMemory()).residentBytes - before.residentBytes;
  await expect.poll(kept, { timeout: 20_000 }).toBeLessThan(16 * mebibyte);
  step.dispose();
}, 120_000);
