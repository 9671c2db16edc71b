import fc from 'fast-check';
import { expect, test } from 'vitest';

import { scheduleSchema } from '#lib/contracts';

import { checkWarmup, learningRateAt, scaledLearningRate } from './index.ts';

const run = { baseLearningRate: 0.4, totalSteps: 100, stepsPerEpoch: 10 };

test('warm-up rises to the peak at its last step, the cosine ends at the last step and stays there', () => {
  const schedule = scheduleSchema.parse({ name: 'warmup-cosine', warmupEpochs: 2, endFactor: 0.1 });
  const at = (step: number) => learningRateAt(schedule, run, step);
  expect(at(0)).toBeCloseTo(0.02);
  expect(at(9)).toBeCloseTo(0.2);
  expect([at(19), at(20)]).toEqual([0.4, 0.4]);
  expect(at(59)).toBeGreaterThan(0.2);
  expect(at(60)).toBeLessThan(0.22);
  expect([at(99), at(100), at(1000)].map((value) => value.toFixed(12))).toEqual(Array(3).fill('0.040000000000'));
});

test('a warm-up of a fraction of an epoch counts in steps', () => {
  const schedule = scheduleSchema.parse({ name: 'warmup-cosine', warmupEpochs: 0.5 });
  expect(learningRateAt(schedule, run, 0)).toBeCloseTo(0.08);
  expect(learningRateAt(schedule, run, 4)).toBeCloseTo(0.4);
});

test('a warm-up longer than the run rises to its end', () => {
  const schedule = scheduleSchema.parse({ name: 'warmup-cosine', warmupEpochs: 20 });
  expect(learningRateAt(schedule, run, 99)).toBeCloseTo(0.2);
});

test('a cosine is a warm-up cosine without warm-up', () => {
  const [plain, warm] = [
    { name: 'cosine', endFactor: 0.1 },
    { name: 'warmup-cosine', endFactor: 0.1 },
  ].map((schedule) => scheduleSchema.parse(schedule));
  for (const step of [0, 1, 37, 98, 99])
    expect(learningRateAt(plain!, run, step)).toBe(learningRateAt(warm!, run, step));
});

test.each([
  { name: 'cosine' },
  { name: 'warmup-cosine', warmupEpochs: 2.5 },
  { name: 'step', milestonesEpochs: [3.5, 5] },
])('$name per epoch changes at the first step of an epoch only', (options) => {
  const schedule = scheduleSchema.parse({ ...options, per: 'epoch' });
  const rates = Array.from({ length: 100 }, (_, step) => learningRateAt(schedule, run, step));
  rates.forEach((rate, step) => expect(rate).toBe(rates[10 * Math.floor(step / 10)]));
  expect(new Set(rates).size).toBeGreaterThan(2);
});

test('a cosine per epoch is that of SimSiam: base · (1 + cos(π epoch / epochs)) / 2, so its last epoch still learns', () => {
  const schedule = scheduleSchema.parse({ name: 'cosine', per: 'epoch' });
  for (let epoch = 0; epoch < 10; epoch++)
    expect(learningRateAt(schedule, run, 10 * epoch + 3)).toBeCloseTo(0.2 * (1 + Math.cos((Math.PI * epoch) / 10)), 12);
  expect(learningRateAt(schedule, run, 99)).toBeGreaterThan(0.009);
});

test('a warm-up per epoch trains from its first epoch on and reaches the peak in its last', () => {
  const schedule = scheduleSchema.parse({ name: 'warmup-cosine', warmupEpochs: 4, per: 'epoch' });
  const rates = [0, 10, 20, 30, 40, 50].map((step) => learningRateAt(schedule, run, step));
  rates.slice(0, 5).forEach((rate, i) => expect(rate).toBeCloseTo([0.1, 0.2, 0.3, 0.4, 0.4][i]!, 12));
  expect(rates[5]).toBeLessThan(0.4);
});

test('constant is constant', () => {
  expect([0, 50, 99].map((step) => learningRateAt({ name: 'constant' }, run, step))).toEqual([0.4, 0.4, 0.4]);
});

test('steps fall at the first step of each milestone, in whatever order they are given', () => {
  const schedule = scheduleSchema.parse({ name: 'step', milestonesEpochs: [8, 5.5] });
  const rates = [0, 54, 55, 79, 80, 99].map((step) => learningRateAt(schedule, run, step).toFixed(6));
  expect(rates).toEqual(['0.400000', '0.400000', '0.040000', '0.040000', '0.004000', '0.004000']);
});

test('never leaves 0 … peak, and never rises after the warm-up', () => {
  const schedules = fc.oneof(
    fc.record({
      name: fc.constant('warmup-cosine' as const),
      warmupEpochs: fc.float({ min: 0, max: 20, noNaN: true }),
      endFactor: fc.float({ min: 0, max: 1, noNaN: true }),
      per: fc.constantFrom('step' as const, 'epoch' as const),
    }),
    fc.record({
      name: fc.constant('step' as const),
      milestonesEpochs: fc.array(fc.float({ min: Math.fround(0.1), max: 12, noNaN: true }), { minLength: 1 }),
      factor: fc.float({ min: Math.fround(0.01), max: Math.fround(0.99), noNaN: true }),
      per: fc.constantFrom('step' as const, 'epoch' as const),
    }),
  );
  fc.assert(
    fc.property(schedules, fc.nat(200), (schedule, step) => {
      const [now, next] = [learningRateAt(schedule, run, step), learningRateAt(schedule, run, step + 1)];
      expect(now).toBeGreaterThanOrEqual(0);
      expect(now).toBeLessThanOrEqual(0.4 * (1 + 1e-12));
      const warmEpochs = schedule.name === 'warmup-cosine' ? schedule.warmupEpochs : 0;
      const warm = (schedule.per === 'epoch' ? Math.ceil(warmEpochs) : warmEpochs) * run.stepsPerEpoch;
      if (step >= Math.round(warm)) expect(next).toBeLessThanOrEqual(now * (1 + 1e-12));
    }),
  );
});

test('a warm-up longer than the run is refused with both lengths; one that fits, or a run not timed yet, is not', () => {
  const schedule = scheduleSchema.parse({ name: 'warmup-cosine', warmupEpochs: 10.5 });
  expect(() => checkWarmup(schedule, run)).toThrow('a warm-up of 10.5 epochs is longer than the run of 10');
  checkWarmup(schedule, { ...run, totalSteps: 105 });
  checkWarmup(schedule, { ...run, totalSteps: undefined });
  checkWarmup({ name: 'constant' }, { totalSteps: 1, stepsPerEpoch: 10 });
});

test('scales by the batch only when asked to', () => {
  expect(scaledLearningRate({ base: 0.05, scaleByBatch: true }, 512)).toBe(0.1);
  expect(scaledLearningRate({ base: 0.05, scaleByBatch: false }, 512)).toBe(0.05);
});

test.each([-1, 0.5, NaN])('refuses step %s', (step) => {
  expect(() => learningRateAt({ name: 'constant' }, run, step)).toThrow(`got ${step}`);
});
