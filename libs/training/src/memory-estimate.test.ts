import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { TrainingPlace } from '#lib/contracts';

import { estimateMemory, largestBatch, memoryRefusal } from './memory-estimate.ts';
import { stepPeakBytes, type StepTrace } from './step-memory.ts';

const trace = (operations: StepTrace['operations'], state: StepTrace['state'] = []): StepTrace => ({
  operations,
  state,
  inputs: [{ id: 0, bytes: 100 }],
  eagerPeakBytes: 1000,
});
const op = (name: string, inputs: number[], id: number, bytes: number) => ({ name, inputs, outputs: [{ id, bytes }] });

describe('what a step holds at most', () => {
  test('a tensor lives until its last reader', () => {
    const chain = [op('Conv2D', [0], 1, 100), op('Conv2D', [1], 2, 100), op('Conv2D', [2], 3, 100)];
    expect(stepPeakBytes(trace(chain))).toBe(200);
    const kept = [...chain, op('MatMul', [1, 3], 4, 100)]; // as a gradient reads an activation
    expect(stepPeakBytes(trace(kept))).toBe(300);
  });

  test('an elementwise result takes the place of an input that ends there, a view takes none', () => {
    expect(stepPeakBytes(trace([op('Conv2D', [0], 1, 100), op('Relu', [1], 2, 100)]))).toBe(200);
    expect(stepPeakBytes(trace([op('Reshape', [0], 1, 100), op('Conv2D', [1], 2, 10)]))).toBe(110);
    expect(stepPeakBytes(trace([op('Conv2D', [0], 1, 100), op('Relu', [1], 2, 100), op('Add', [1, 2], 3, 100)]))).toBe(
      200,
    );
  });

  test('a new value of the state stays, the old one goes with its last reader', () => {
    const state = [{ id: 5, bytes: 40, next: 1 }];
    expect(stepPeakBytes(trace([op('MatMul', [5, 0], 1, 40), op('Conv2D', [0], 2, 10)], state))).toBe(180);
    const unread = [{ id: 5, bytes: 40, next: undefined }];
    expect(stepPeakBytes(trace([op('Conv2D', [0], 2, 10)], unread))).toBe(150);
  });
});

test('the estimate grows with the step, the state and the record; an eager step counts what tfjs holds', () => {
  const state = [{ id: 5, bytes: 1e8, next: undefined }];
  const small = estimateMemory(trace([op('Conv2D', [0], 1, 1e9)]), 'captured');
  const large = estimateMemory(trace([op('Conv2D', [0], 1, 2e9)], state), 'captured');
  expect(large.stateBytes).toBe(1e8);
  expect(large.hostBytes - small.hostBytes).toBeCloseTo(1.25 * 1.1e9 + 4.5e8, -4);
  expect(estimateMemory(trace([op('Conv2D', [0], 1, 1e9)]), 'eager').stepBytes).toBe(1000);
});

describe('the largest batch that fits', () => {
  const any = () => true;

  test('is the largest: it fits, the next allowed one does not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5000 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.integer({ min: 1, max: 300_000 }),
        fc.integer({ min: 1, max: 9 }),
        (tooLarge, base, slope, bend, availableBytes, multiple) => {
          const bytes = (batch: number) => base + slope * batch + bend * batch * batch;
          const allows = (batch: number) => batch % multiple === 0;
          fc.pre(bytes(tooLarge) > availableBytes);
          const all = Array.from({ length: tooLarge - 1 }, (_, i) => i + 1).filter(allows);
          const want = all.findLast((batch) => bytes(batch) <= availableBytes);
          expect(largestBatch(tooLarge, { allows, bytes, availableBytes })).toBe(want);
        },
      ),
    );
  });

  test('takes few estimates where memory is a line', () => {
    let calls = 0;
    const bytes = (batch: number) => {
      calls++;
      return 5e8 + 8_123_456 * batch;
    };
    expect(largestBatch(8192, { allows: any, bytes, availableBytes: 16e9 })).toBe(1908);
    expect(calls).toBeLessThan(8);
  });

  test('is none where not even one image fits, or the method allows none', () => {
    expect(largestBatch(8, { allows: any, bytes: () => 10, availableBytes: 9 })).toBeUndefined();
    expect(largestBatch(8, { allows: () => false, bytes: (b) => b, availableBytes: 4 })).toBeUndefined();
  });
});

describe('the refusal', () => {
  const machine = (name: string, bytes: number): TrainingPlace => ({ name, device: 'cpu', bytes });
  const estimate = (batch: number) => ({
    hostBytes: 5e8 + 1e7 * batch,
    deviceBytes: 1e9 + 1e7 * batch,
    stateBytes: 0,
    stepBytes: 1e7 * batch,
  });
  const memory = { allows: (batch: number) => batch % 8 === 0, estimate };

  test('names the batch, what it takes, what there is, and the largest batch that fits', () => {
    const refusal = memoryRefusal(2048, memory.estimate(2048), memory, [machine('this machine', 16e9)]);
    expect(refusal?.message).toBe(
      'batch: 2048 takes about 21.0 GB of memory, this machine has 16.0 GB, of which a run may take 14.4 GB',
    );
    expect(refusal).toMatchObject({
      field: 'batch',
      remedy: 'use batch=1384, the largest that fits, or a machine with more memory',
    });
    expect(memoryRefusal(1384, memory.estimate(1384), memory, [machine('this machine', 16e9)])).toBeUndefined();
  });

  test('takes the machine with most room, and refuses nothing where one is large enough or none is known', () => {
    const small = machine('small', 2e9);
    expect(memoryRefusal(2048, memory.estimate(2048), memory, [small, machine('large', 16e9)])?.message).toContain(
      'large has 16.0 GB',
    );
    expect(memoryRefusal(2048, memory.estimate(2048), memory, [small, machine('huge', 64e9)])).toBeUndefined();
    expect(memoryRefusal(2048, memory.estimate(2048), memory, [])).toBeUndefined();
    expect(
      memoryRefusal(2048, memory.estimate(2048), memory, [{ name: 'the GPU of a', device: 'gpu', bytes: 24e9 }]),
    ).toBeUndefined();
  });

  test('says so where no batch fits', () => {
    expect(memoryRefusal(2048, memory.estimate(2048), memory, [machine('a', 4e8)])?.remedy).toMatch(
      /^no batch fits: use a smaller model/,
    );
  });
});
