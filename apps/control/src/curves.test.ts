import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import {
  foldedCurvesSchema,
  keys,
  type RunHead,
  newRunHead,
  type RunCurves,
  runCurvesSchema,
  type StepMetrics,
} from '#lib/contracts';
import { foldedCurvesOf } from '#lib/curves';
import { jsonBytes, openMemoryStore, requireJson } from '#lib/storage';

import { Curves } from './curves.ts';
import { LiveRuns } from './live-runs.ts';

const batch = 8;

function step(number: number, change: Partial<StepMetrics> = {}): StepMetrics {
  return {
    step: number,
    epoch: Math.floor((number - 1) / 10),
    loss: Math.sin(number) + 2,
    terms: { redundancy: number % 7 },
    learningRate: number / 1000,
    gradientNorm: 1,
    imagesPerSecond: 100,
    waitSeconds: 0.02,
    ...(number % 5 === 0 && { monitors: { embeddingStd: number, embeddingSize: 4, rankMe: 2, monitorSeconds: 0 } }),
    at: number * 1000,
    ...change,
  };
}
const steps = (from: number, to: number): StepMetrics[] =>
  Array.from({ length: to - from + 1 }, (_, i) => step(from + i));

/**
 * A run whose segments end at these steps, and whose live steps come after.
 * @param folded whether the segments are kept folded, too, as training does
 */
async function runOf(
  ends: number[],
  live: StepMetrics[] = [],
  { folded = false, ...budget }: { folded?: boolean; coarse?: number; fine?: number } = {},
) {
  const store = openMemoryStore();
  const head: RunHead = newRunHead('one', '2026-01-01T00:00:00.000Z');
  let from = 1;
  for (const to of ends) {
    const key = `runs/one/metrics/${from}-${to}.jsonl`;
    const text = steps(from, to).map((each) => JSON.stringify(each));
    await store.create(key, new TextEncoder().encode(`${text.join('\n')}\n`));
    if (folded) await store.create(keys.foldedCurves('one', key), jsonBytes(foldedCurvesOf(steps(from, to), batch)));
    head.metrics.push({ from, to, key });
    from = to + 1;
  }
  const lives = new LiveRuns();
  for (const metrics of live) lives.receive({ version: 1, type: 'run-step', run: 'one', totalSteps: 1e6, metrics });
  const reads = vi.spyOn(store, 'get');
  const segmentReads = () => reads.mock.calls.flatMap(([key]) => (key.endsWith('.jsonl') ? [key] : []));
  return { store, head, lives, curves: new Curves(store, lives, budget), reads, segmentReads };
}

/** The same in the plainest way. */
function plain(all: StepMetrics[], read: (step: StepMetrics) => number | undefined, curves: RunCurves) {
  const sizes = curves.step.map((last) => {
    const point = Math.floor((last - 1) / curves.stepsPerPoint);
    return all
      .filter((each) => Math.floor((each.step - 1) / curves.stepsPerPoint) === point)
      .flatMap((each) => read(each) ?? []);
  });
  return {
    mean: sizes.map((values) => (values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length)),
    min: sizes.map((values) => (values.length === 0 ? null : Math.min(...values))),
    max: sizes.map((values) => (values.length === 0 ? null : Math.max(...values))),
  };
}
const near = (values: (number | null)[]) =>
  values.map((value) => (value === null ? null : (expect.closeTo(value, 4) as number)));

const quantities: [string, (step: StepMetrics) => number | undefined][] = [
  ['loss', ({ loss }) => loss],
  ['terms.redundancy', ({ terms }) => terms['redundancy']],
  ['embeddingStd', ({ monitors }) => monitors?.embeddingStd],
  ['waitShare', ({ waitSeconds, imagesPerSecond }) => (waitSeconds * imagesPerSecond) / batch],
];

test('points are means of whole steps, with their least and largest, however segments cut them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 6 }),
      fc.integer({ min: 0, max: 150 }),
      fc.integer({ min: 2, max: 60 }),
      fc.record({ from: fc.integer({ min: 1, max: 900 }), length: fc.integer({ min: 0, max: 900 }) }),
      fc.boolean(),
      async (lengths, liveSteps, points, { from, length }, folded) => {
        const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0));
        const committed = ends.at(-1) ?? 0;
        const total = committed + liveSteps;
        const { curves, head } = await runOf(ends, steps(committed + 1, total), { folded });
        for (const range of [{}, { from, to: from + length }]) {
          const got = runCurvesSchema.parse(await curves.of(head, batch, { points, ...range }));
          const [first, last] = [Math.max(range.from ?? 1, 1), Math.min(range.to ?? total, total)];
          expect(got.steps).toBe(Math.max(0, last - first + 1)); // no step is lost
          if (got.steps === 0) {
            expect(got.step).toEqual([]);
            continue;
          }
          expect(got.step.length).toBeLessThanOrEqual(points + 1); // the first and the last may be cut by the range
          expect(got.step[0]).toBeGreaterThanOrEqual(first);
          expect(got.step.at(-1)).toBeGreaterThanOrEqual(last);
          expect(got.epoch).toEqual(got.step.map((each) => Math.floor((each - 1) / 10)));
          for (const [name, read] of quantities) {
            const expected = plain(steps(1, total), read, got);
            const found = got.curves[name];
            if (!found) {
              expect(expected.mean.every((value) => value === null)).toBe(true);
              continue;
            }
            expect(found.mean).toEqual(near(expected.mean));
            expect(found.min).toEqual(near(expected.min));
            expect(found.max).toEqual(near(expected.max));
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe('a run of two segments and live steps', () => {
  let run: Awaited<ReturnType<typeof runOf>>;
  beforeEach(async () => {
    run = await runOf([300, 700], steps(701, 720));
  });

  test('a segment is read once, also by those who ask at the same time', async () => {
    const { curves, head, segmentReads } = run;
    await Promise.all([curves.of(head, batch, { points: 5 }), curves.of(head, batch, { points: 1000 })]);
    expect(segmentReads()).toHaveLength(2);
    await curves.of(head, batch, { points: 700, from: 5, to: 50 });
    await curves.of(head, batch, { points: 3 });
    expect(segmentReads()).toHaveLength(2);
  });

  test('a range is answered from the segments that it touches', async () => {
    const { curves, head, reads } = run;
    const got = await curves.of(head, batch, { points: 1000, from: 310, to: 320 });
    expect(got.step).toEqual([310, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320]);
    expect(reads.mock.calls).toEqual([[head.metrics[1]?.key]]);
  });

  test('what a later attempt repeats takes the place of what was there', async () => {
    const { curves, head, lives } = run;
    const again = step(710, { loss: 99 });
    lives.receive({ version: 1, type: 'run-step', run: 'one', totalSteps: 1e6, metrics: again });
    const got = await curves.of(head, batch, { points: 1000, from: 705 });
    expect(got.step.at(-1)).toBe(710);
    expect(got.curves['loss']?.mean.at(-1)).toBe(99);
  });

  test('live steps that a segment covers by now count once', async () => {
    const { curves, head, store } = run;
    const key = 'runs/one/metrics/701-720.jsonl';
    await store.create(
      key,
      new TextEncoder().encode(
        steps(701, 720)
          .map((each) => JSON.stringify(each))
          .join('\n'),
      ),
    );
    head.metrics.push({ from: 701, to: 720, key });
    const got = await curves.of(head, batch, { points: 1000 });
    expect([got.steps, got.step]).toEqual([720, steps(1, 720).map(({ step }) => step)]);
  });

  test('a point in which a quantity was not read has none', async () => {
    const got = await run.curves.of(run.head, batch, { points: 1000, from: 4, to: 6 });
    expect(got.curves['rankMe']).toEqual({ mean: [null, 2, null], min: [null, 2, null], max: [null, 2, null] });
    expect(got.curves['onlineKnn']).toBeUndefined();
  });

  test('the last committed step is told without the live ones', async () => {
    expect(await run.curves.lastStep(run.head)).toEqual(step(700));
    expect(await run.curves.lastStep({ ...run.head, metrics: [] })).toBeUndefined();
    const single = await runOf([1]);
    expect(await single.curves.lastStep(single.head)).toEqual(step(1));
  });
});

test('the budget of bytes holds, and what was dropped is read again', async () => {
  const { curves, head, reads } = await runOf([500, 1000, 1500, 2000], [], { coarse: 9000, fine: 60_000 });
  const wanted = { points: 1000, from: 1, to: 2000 };
  expect(curves.hasRoom).toBe(true);
  const first = await curves.of(head, batch, wanted);
  expect(curves.hasRoom).toBe(false);
  expect(curves.sizeBytes).toBeLessThanOrEqual(69_000);
  expect(await curves.of(head, batch, wanted)).toEqual(first);
  expect(reads.mock.calls.length).toBeGreaterThan(4);
});

test('a run without a step has no curve', async () => {
  const { curves, head } = await runOf([]);
  expect(await curves.of(head, batch, { points: 1000 })).toEqual({
    run: 'one',
    steps: 0,
    stepsPerPoint: 1,
    step: [],
    epoch: [],
    at: [],
    curves: {},
  });
});

test('a segment that is gone or is no segment is named', async () => {
  const { curves, head, store } = await runOf([10]);
  const missing = { from: 11, to: 20, key: 'runs/one/metrics/11-20.jsonl' };
  const all = { ...head, metrics: [...head.metrics, missing] };
  await expect(curves.of(all, batch, { points: 10 })).rejects.toThrow(missing.key);
  await store.create(missing.key, new TextEncoder().encode('{"step":null}'));
  await expect(curves.of(all, batch, { points: 10 })).rejects.toThrow(
    `${missing.key}: "{"step":null}" is no line of metrics`,
  );
});

describe('a run whose segments are kept folded', () => {
  const wanted = { points: 10 };
  const segment = 'runs/one/metrics/1001-2000.jsonl';
  const kept = keys.foldedCurves('one', segment);
  const folded = () => runOf([1000, 2000], [], { folded: true });

  test('is read from what they were folded to, and its single steps from the segments', async () => {
    const { curves, head, segmentReads } = await folded();
    const answer = await curves.of(head, batch, wanted);
    expect(segmentReads()).toEqual([]);
    const unfolded = await runOf([1000, 2000]);
    expect(answer).toEqual(await unfolded.curves.of(unfolded.head, batch, wanted));
    expect(await curves.of(head, batch, { points: 1000, from: 1001, to: 1100 })).toMatchObject({ stepsPerPoint: 1 });
    expect(segmentReads()).toEqual([segment]);
  });

  test('reads each of them once, also for those who ask at the same time', async () => {
    const { curves, head, reads } = await folded();
    await Promise.all([curves.of(head, batch, wanted), curves.of(head, batch, { points: 5 })]);
    await curves.of(head, batch, wanted);
    expect(reads).toHaveBeenCalledTimes(2);
  });

  test.each([
    ['is gone', undefined],
    ['is no JSON', new TextEncoder().encode('nonsense')],
    ['is of another version', jsonBytes({ ...foldedCurvesOf(steps(1001, 2000), batch), version: 1 })],
    ['has entries of another size', jsonBytes({ ...foldedCurvesOf(steps(1001, 2000), batch), stepsPerEntry: 32 })],
    ['lacks a value', jsonBytes({ ...foldedCurvesOf(steps(1001, 2000), batch), at: [1] })],
  ])('what is lost or damaged is read from its segment, and kept again: it %s', async (_, bytes) => {
    const { store, lives, curves, head, segmentReads } = await folded();
    const whole = await curves.of(head, batch, wanted);
    await store.delete(kept);
    if (bytes) await store.create(kept, bytes);
    expect(await new Curves(store, lives).of(head, batch, wanted)).toEqual(whole);
    expect(segmentReads()).toEqual([segment]);
    await expect
      .poll(() => requireJson(store, kept, foldedCurvesSchema).catch(() => undefined))
      .toEqual(foldedCurvesOf(steps(1001, 2000), batch));
  });

  test('is answered where what it is folded to can be neither found nor written', async () => {
    const { store, lives, head } = await runOf([1000, 2000]);
    vi.spyOn(store, 'create').mockRejectedValue(new Error('read only'));
    expect(await new Curves(store, lives).of(head, batch, wanted)).toMatchObject({ steps: 2000 });
  });
});
