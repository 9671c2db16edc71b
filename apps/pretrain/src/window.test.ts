import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { type AugmentJob, keys, type RunResolved, type RunSpec, subjects } from '#lib/contracts';
import { blocksOfBatch, blocksUsedPerEpoch, stepsPerEpoch } from '#lib/sampling';

import { BlockWindow, windowBlocks } from './window.ts';

const viewsHash = 'a'.repeat(64);
const run = (spec: { batch: number; blockSamples: number; epochs: number; windowBlocks: number }, samples: number) => ({
  spec: spec as Partial<RunSpec> as RunSpec,
  resolved: {
    viewsHash,
    stepsPerEpoch: stepsPerEpoch(samples, spec.batch),
    totalSteps: stepsPerEpoch(samples, spec.batch) * spec.epochs,
  } as Partial<RunResolved> as RunResolved,
});
const start = { epoch: 0, batch: 0 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Three epochs of four blocks, of which three are asked for ahead. */
function open() {
  const there = new Set<string>();
  const asked: string[] = [];
  const looked: string[] = [];
  const faults = { head: false, publish: false };
  const name = ({ epoch, block }: { epoch: number; block: number }) => `${epoch}.${block}`;
  const window = new BlockWindow({
    ...run({ batch: 2, blockSamples: 2, epochs: 3, windowBlocks: 3 }, 8),
    traceId: 't',
    store: {
      head: async (key) => {
        if (faults.head) throw new Error('the store is away');
        looked.push(key);
        return there.has(key) ? { sizeBytes: 1, version: '1' } : undefined;
      },
    },
    publish: async (subject, job: AugmentJob) => {
      if (faults.publish) throw new Error('the bus is away');
      expect(subject).toBe(subjects.augment(viewsHash, job.epoch, job.block));
      expect(job).toMatchObject({ version: 1, viewsHash, traceId: 't' });
      asked.push(name(job));
    },
  });
  /** What was asked for since the last call. */
  const news = () => asked.splice(0);
  const make = (epoch: number, block: number) => there.add(keys.viewBlock(viewsHash, epoch, block));
  const evict = (epoch: number, block: number) => there.delete(keys.viewBlock(viewsHash, epoch, block));
  return { window, news, looked, make, evict, faults };
}

test('asks for the window alone, in order of need, and as it moves for what is new', async () => {
  const { window, news } = open();
  await window.move(start);
  expect(news()).toEqual(['0.0', '0.1', '0.2']);
  await window.move(start);
  expect(news()).toEqual([]);
  await window.move({ epoch: 0, batch: 2 });
  expect(news()).toEqual(['0.3', '1.0']);
});

test('keeps the order of moves that are made at once', async () => {
  const { window, news } = open();
  await Promise.all([0, 1, 2].map((batch) => window.move({ epoch: 0, batch })));
  expect(news()).toEqual(['0.0', '0.1', '0.2', '0.3', '1.0']);
});

test('does not ask for what is there, and looks for it once', async () => {
  const { window, news, make, looked } = open();
  make(0, 1);
  await window.move(start);
  expect(news()).toEqual(['0.0', '0.2']);
  vi.advanceTimersByTime(10_000);
  await window.move(start);
  expect(news()).toEqual(['0.0', '0.2']);
  expect(looked.filter((key) => key === keys.viewBlock(viewsHash, 0, 1))).toHaveLength(1);
});

test('asks again after 10 s for what has not come, and not for what was announced', async () => {
  const { window, news } = open();
  await window.move(start);
  news();
  window.arrived(0, 1);
  vi.advanceTimersByTime(9_999);
  await window.move(start);
  expect(news()).toEqual([]);
  vi.advanceTimersByTime(1);
  await window.move(start);
  expect(news()).toEqual(['0.0', '0.2']);
});

test('looks again every 10 s for the block that it stays at, which may have been evicted, and for no other', async () => {
  const { window, news, make, evict, looked } = open();
  for (const block of [0, 1, 2]) make(0, block);
  await window.move(start);
  looked.splice(0);
  vi.advanceTimersByTime(9_999);
  await window.move(start);
  expect(looked).toEqual([]);
  vi.advanceTimersByTime(1);
  await window.move(start);
  expect(looked).toEqual([keys.viewBlock(viewsHash, 0, 0)]);
  expect(news()).toEqual([]);
  evict(0, 0);
  vi.advanceTimersByTime(10_000);
  await window.move(start);
  expect(news()).toEqual(['0.0']);
});

test('a store or a bus that was away does not keep the next move from asking', async () => {
  for (const fault of ['head', 'publish'] as const) {
    const { window, news, faults } = open();
    faults[fault] = true;
    await expect(window.move(start)).rejects.toThrow('is away');
    faults[fault] = false;
    await window.move(start);
    expect(news()).toEqual(['0.0', '0.1', '0.2']);
  }
});

test('ends with the last epoch', async () => {
  const { window, news } = open();
  await window.move({ epoch: 2, batch: 2 });
  expect(news()).toEqual(['2.2', '2.3']);
  await window.move({ epoch: 3, batch: 0 });
  expect(news()).toEqual([]);
});

test('ends with the block of the last step where a budget ends within an epoch', () => {
  const { spec, resolved } = run({ batch: 2, blockSamples: 3, epochs: 3, windowBlocks: 9 }, 12);
  const blocks = (totalSteps: number) =>
    windowBlocks(spec, { ...resolved, totalSteps }, start).map(({ epoch, block }) => `${epoch}.${block}`);
  expect(blocks(1)).toEqual(['0.0']);
  expect(blocks(2)).toEqual(['0.0', '0.1']); // positions 2 and 3 lie in two blocks
  expect(blocks(7)).toEqual(['0.0', '0.1', '0.2', '0.3', '1.0']);
});

test('forgets what left the window, and announcements of what is not in it', async () => {
  const { window, news, looked } = open();
  window.arrived(0, 0); // before the first move nothing is in it
  await window.move(start);
  expect(news()).toEqual(['0.0', '0.1', '0.2']);
  window.arrived(1, 0);
  await window.move({ epoch: 0, batch: 2 });
  expect(news()).toEqual(['0.3', '1.0']);
  await window.move({ epoch: 1, batch: 0 });
  looked.splice(0);
  await window.move(start); // as after a resume: nothing of the first window is remembered
  expect(looked).toEqual([0, 1, 2].map((block) => keys.viewBlock(viewsHash, 0, block)));
});

test('windows hold the blocks of the batches to come, and no block that only dropped samples are in', () => {
  const size = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(
      size,
      size,
      size,
      size,
      fc.nat({ max: 40 }),
      fc.nat(),
      (batch, blockSamples, epochs, ahead, more, at) => {
        const samples = batch + more;
        const { spec, resolved } = run({ batch, blockSamples, epochs, windowBlocks: ahead }, samples);
        const cursor = { epoch: at % epochs, batch: at % resolved.stepsPerEpoch };
        const blocks = windowBlocks(spec, resolved, cursor);
        const perEpoch = blocksUsedPerEpoch(samples, batch, blockSamples);
        expect(blocks[0]).toEqual({
          epoch: cursor.epoch,
          block: blocksOfBatch(cursor.batch, batch, blockSamples).first,
        });
        for (const { block } of blocks) expect(block).toBeLessThan(perEpoch);
        const numbers = blocks.map(({ epoch, block }) => epoch * perEpoch + block);
        const first = numbers[0] as number;
        expect(numbers).toEqual(
          Array.from({ length: Math.min(ahead, epochs * perEpoch - first) }, (_, i) => first + i),
        );
      },
    ),
  );
});
