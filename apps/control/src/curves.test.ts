import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { type RunHead, newRunHead, type RunCurves, runCurvesSchema, type StepMetrics } from '#lib/contracts';
import { openMemoryStore } from '#lib/storage';

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

/** A run whose segments end at these steps, and whose live steps come after. */
async function runOf(ends: number[], live: StepMetrics[] = [], budget?: { coarse: number; fine: number }) {
  const store = openMemoryStore();
  const head: RunHead = newRunHead('one', '2026-01-01T00:00:00.000Z');
  let from = 1;
  for (const to of ends) {
    const key = `runs/one/metrics/${from}-${to}.jsonl`;
    const text = steps(from, to).map((each) => JSON.stringify(each));
    await store.create(key, new TextEncoder().encode(`${text.join('\n')}\n`));
    head.metrics.push({ from, to, key });
    from = to + 1;
  }
  const lives = new LiveRuns();
  for (const metrics of live) lives.receive({ version: 1, type: 'run-step', run: 'one', totalSteps: 1e6, metrics });
  const reads = vi.spyOn(store, 'get');
  return { store, head, lives, curves: new Curves(store, lives, budget), reads };
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
      async (lengths, liveSteps, points, { from, length }) => {
        const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0));
        const committed = ends.at(-1) ?? 0;
        const total = committed + liveSteps;
        const { curves, head } = await runOf(ends, steps(committed + 1, total));
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
    const { curves, head, reads } = run;
    await Promise.all([curves.of(head, batch, { points: 5 }), curves.of(head, batch, { points: 1000 })]);
    expect(reads).toHaveBeenCalledTimes(2);
    await curves.of(head, batch, { points: 700, from: 5, to: 50 });
    await curves.of(head, batch, { points: 3 });
    expect(reads).toHaveBeenCalledTimes(2);
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

describe('a run of many steps', () => {
  const ends = [12_000, 16_000, 20_000];
  const wanted = { points: 100 };
  const kept = 'runs/one/curves/16001-20000.json';
  const written = async (store: ReturnType<typeof openMemoryStore>) => {
    const keys: string[] = [];
    for await (const { key } of store.list('runs/one/curves/')) keys.push(key);
    return keys;
  };
  /** One that was looked at, and a control that has just started. */
  const looked = async () => {
    const run = await runOf(ends);
    const answer = await run.curves.of(run.head, batch, wanted);
    await expect.poll(() => written(run.store)).toEqual([kept]);
    run.reads.mockClear();
    return { ...run, answer, restarted: new Curves(run.store, run.lives) };
  };
  /** It trains on for a segment. */
  const longer = async ({ store, head }: Awaited<ReturnType<typeof looked>>, from: number, to: number) => {
    const key = `runs/one/metrics/${from}-${to}.jsonl`;
    await store.create(
      key,
      new TextEncoder().encode(
        steps(from, to)
          .map((each) => `${JSON.stringify(each)}\n`)
          .join(''),
      ),
    );
    head.metrics.push({ from, to, key });
  };

  test('is read from one object after a restart, and its single steps from their segments', async () => {
    const { head, answer, restarted, reads } = await looked();
    expect(await restarted.of(head, batch, wanted)).toEqual(answer);
    expect(reads.mock.calls).toEqual([[kept]]);
    expect(await restarted.of(head, batch, { points: 1000, from: 1, to: 100 })).toMatchObject({ stepsPerPoint: 1 });
    expect(reads.mock.calls.slice(1)).toEqual([['runs/one/metrics/1-12000.jsonl']]);
  });

  test('and went on since is read from that object and the segments after it', async () => {
    const run = await looked();
    await longer(run, 20_001, 21_000);
    run.reads.mockClear();
    const answer = await run.restarted.of(run.head, batch, wanted);
    expect(answer.steps).toBe(21_000);
    expect(run.reads.mock.calls).toEqual([[kept], ['runs/one/metrics/20001-21000.jsonl']]);
    expect(await written(run.store)).toEqual([kept]);
    expect(await run.curves.of(run.head, batch, wanted)).toEqual(answer);
  });

  test('is kept anew when there are many more, and what was kept before is removed', async () => {
    const run = await looked();
    await longer(run, 20_001, 30_000);
    await run.restarted.of(run.head, batch, wanted);
    await expect.poll(() => written(run.store)).toEqual(['runs/one/curves/20001-30000.json']);
  });

  test('is kept only when all of it was read', async () => {
    const { store, head, curves } = await runOf(ends);
    await curves.of(head, batch, { points: 10, from: 13_000 });
    await new Promise(setImmediate);
    expect(await written(store)).toEqual([]);
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['another version', '{"format":"unlabel.folded-curves","version":9}'],
  ])('whose object is damaged (%s) is read from its segments, and kept again', async (_, text) => {
    const { store, head, answer, restarted } = await looked();
    await store.delete(kept);
    await store.create(kept, new TextEncoder().encode(text));
    expect(await restarted.of(head, batch, wanted)).toEqual(answer);
    await expect.poll(async () => (await store.get(kept))?.bytes.length).toBeGreaterThan(1000);
  });
});
