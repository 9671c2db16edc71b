import { expect, test } from 'vitest';

import { BadInputError } from '#lib/bus';
import { type ComputationWay, computationInWords, type RunSpec } from '#lib/contracts';

import { chooseComputation } from './choose-computation.ts';

type Asked = Pick<RunSpec, 'precision' | 'engine' | 'budget'>;
const spec = (precision: RunSpec['precision'], change: Partial<Asked> = {}): Asked => ({
  precision,
  engine: 'captured',
  budget: null,
  ...change,
});
const machine = (bfloat16: boolean) => ({ device: 'cpu' as const, threads: 2, bfloat16 });
const apart = { hasSides: true };

/** Trials that take so many milliseconds a step; those without a figure fail. */
function timer(ms: Record<string, number>) {
  const asked: string[] = [];
  return {
    asked,
    time: (way: ComputationWay) => {
      const words = computationInWords(way);
      asked.push(words);
      const figure = ms[words];
      if (figure === undefined) return Promise.reject(new BadInputError(`the timed trial failed: no ${words}`));
      return Promise.resolve({ steps: 5, secondsPerStep: figure / 1000 });
    },
  };
}

test('what the spec says is taken without a trial', async () => {
  const { time, asked } = timer({});
  const { computation, trial } = await chooseComputation(spec('float32'), machine(true), time);
  expect(computation).toMatchObject({ precision: 'float32', xla: false, trials: [] });
  expect((await chooseComputation(spec('bfloat16'), machine(true), time)).computation.precision).toBe('bfloat16');
  expect(trial).toBeNull();
  expect(asked).toEqual([]);
});

test('auto takes the fastest of the ways that the machine has, and says what was tried', async () => {
  const { time, asked } = timer({ float32: 100, 'float32 with XLA': 90, bfloat16: 60, 'bfloat16 with XLA': 70 });
  const { computation, trial } = await chooseComputation(spec('auto'), machine(true), time);
  expect(computation).toMatchObject({ precision: 'bfloat16', xla: false });
  expect(computation.why).toMatch(/^the fastest in a short trial: float32 100 ms a step, .*bfloat16 60 ms a step/);
  expect(computation.trials).toHaveLength(4);
  expect(trial?.secondsPerStep).toBe(0.06);
  expect(asked).toEqual(['float32', 'float32 with XLA', 'bfloat16', 'bfloat16 with XLA']);
});

test('without its units, bfloat16 is not tried, and refused where it is asked for', async () => {
  const { time, asked } = timer({ float32: 100, 'float32 with XLA': 90 });
  expect((await chooseComputation(spec('auto'), machine(false), time)).computation).toMatchObject({ xla: true });
  expect(asked).toEqual(['float32', 'float32 with XLA']);
  await expect(chooseComputation(spec('bfloat16'), machine(false), time)).rejects.toThrow(/no units for it/);
});

test('a gain within the noise of a trial is none', async () => {
  const { time } = timer({ float32: 100, 'float32 with XLA': 98 });
  const { computation } = await chooseComputation(spec('auto'), machine(false), time);
  expect(computation).toMatchObject({ precision: 'float32', xla: false });
  expect(computation.why).toMatch(/^nothing was faster/);
});

test('a way that fails is left out and named; plain float32 that fails is the fault of the spec', async () => {
  const { time } = timer({ float32: 100, 'bfloat16 with XLA': 50 });
  const { computation } = await chooseComputation(spec('auto'), machine(true), time);
  expect(computation).toMatchObject({ precision: 'bfloat16', xla: true });
  expect(computation.trials[1]).toMatchObject({ secondsPerStep: null, failure: expect.stringContaining('no float32') });
  await expect(chooseComputation(spec('auto'), machine(true), timer({ bfloat16: 1 }).time)).rejects.toThrow(
    'no float32',
  );
});

test('the eager engine has one way; a budget in minutes times the way that the spec says', async () => {
  const { time, asked } = timer({ float32: 100, bfloat16: 60 });
  const eager = await chooseComputation(spec('auto', { engine: 'eager' }), machine(true), time);
  expect(eager.computation).toMatchObject({ precision: 'float32', xla: false, trials: [] });
  const timed = await chooseComputation(spec('bfloat16', { budget: { minutes: 3 } }), machine(true), time);
  expect(timed.trial?.secondsPerStep).toBe(0.06);
  expect(asked).toEqual(['bfloat16']);
});

test('a step with two sides is computed side by side where that is faster than the best of the other ways, which is tried alone', async () => {
  const others = { float32: 100, 'float32 with XLA': 90, bfloat16: 60, 'bfloat16 with XLA': 70 };
  const faster = timer({ ...others, 'bfloat16, side by side': 55 });
  const { computation, trial } = await chooseComputation(spec('auto'), machine(true), faster.time, apart);
  expect(computation).toMatchObject({ precision: 'bfloat16', xla: false, sideBySide: true });
  expect(trial?.secondsPerStep).toBe(0.055);
  expect(faster.asked).toEqual([...Object.keys(others), 'bfloat16, side by side']);
  const slower = timer({ ...others, 'bfloat16, side by side': 65 });
  expect((await chooseComputation(spec('auto'), machine(true), slower.time, apart)).computation).toMatchObject({
    sideBySide: false,
  });
});

test('nothing is tried side by side on one thread or on a GPU', async () => {
  for (const change of [{ threads: 1 }, { device: 'gpu' as const }]) {
    const { time, asked } = timer({ float32: 100, 'float32 with XLA': 110 });
    await chooseComputation(spec('auto'), { ...machine(false), ...change }, time, apart);
    expect(asked).toEqual(['float32', 'float32 with XLA']);
  }
});
