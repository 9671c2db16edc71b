import fc from 'fast-check';
import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import {
  advance,
  batchPositions,
  blockPositions,
  blocksOfBatch,
  blocksPerEpoch,
  blocksUsedPerEpoch,
  cursorAfter,
  stepsBefore,
  stepsPerEpoch,
} from './cursor.ts';

const size = fc.integer({ min: 1, max: 50 });

test('drops the samples that fill no whole batch', () => {
  expect(stepsPerEpoch(10, 3)).toBe(3);
  expect(stepsPerEpoch(9, 3)).toBe(3);
  expect(stepsPerEpoch(3, 3)).toBe(1);
});

test('refuses a batch larger than the data by naming both and a value that works', () => {
  const refused = (samples: number, batch: number) => {
    try {
      return stepsPerEpoch(samples, batch);
    } catch (error) {
      return error;
    }
  };
  expect(refused(100, 256)).toBeInstanceOf(UsageError);
  expect(refused(100, 256)).toMatchObject({
    message: 'batch: 256 is more than the 100 samples of the training split',
    remedy: 'set batch to at most 100',
  });
  expect(refused(0, 1)).toMatchObject({ remedy: 'ingest more images' });
  expect(refused(10, 0)).toMatchObject({ message: 'batch: 0 is not a whole number of at least 1' });
});

test('batches meet exactly the blocks that hold their positions', () => {
  fc.assert(
    fc.property(size, size, fc.nat({ max: 100 }), (batch, blockSamples, batchIndex) => {
      const { from, to } = batchPositions(batchIndex, batch);
      const { first, last } = blocksOfBatch(batchIndex, batch, blockSamples);
      const touched = new Set(Array.from({ length: to - from }, (_, i) => Math.floor((from + i) / blockSamples)));
      expect([...touched]).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
    }),
  );
});

test('blocks cover the positions of an epoch without gap or overlap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), size, (samples, blockSamples) => {
      const blocks = Array.from({ length: blocksPerEpoch(samples, blockSamples) }, (_, block) =>
        blockPositions(block, blockSamples, samples),
      );
      expect(blocks[0]?.from).toBe(0);
      expect(blocks.at(-1)?.to).toBe(samples);
      for (const [i, block] of blocks.entries()) expect(block.from).toBe(i === 0 ? 0 : blocks[i - 1]?.to);
    }),
  );
  expect(() => blockPositions(5, 3, 13)).toThrow('block: 5, an epoch of 13 samples has blocks 0 to 4');
});

test('needs no block that holds dropped positions only', () => {
  expect(blocksUsedPerEpoch(100, 32, 10)).toBe(10);
  expect(blocksUsedPerEpoch(100, 60, 10)).toBe(6);
});

test('advancing step by step gives the cursor of that step, and back', () => {
  fc.assert(
    fc.property(size, fc.nat({ max: 200 }), (steps, taken) => {
      let cursor = { epoch: 0, batch: 0 };
      for (let i = 0; i < taken; i++) cursor = advance(cursor, steps);
      expect(cursor).toEqual(cursorAfter(taken, steps));
      expect(stepsBefore(cursor, steps)).toBe(taken);
    }),
  );
});
