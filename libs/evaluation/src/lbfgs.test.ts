import { expect, test } from 'vitest';

import { lbfgs } from './lbfgs.ts';
import { type Evaluate } from './line-search.ts';

const rosenbrock: Evaluate = (x) => {
  let value = 0;
  const gradient = new Float64Array(x.length);
  for (let i = 0; i + 1 < x.length; i++) {
    const valley = x[i + 1]! - x[i]! ** 2;
    value += 100 * valley ** 2 + (1 - x[i]!) ** 2;
    gradient[i]! += -400 * valley * x[i]! - 2 * (1 - x[i]!);
    gradient[i + 1]! += 200 * valley;
  }
  return { value, gradient };
};
const options = { gradientTolerance: 1e-8, maxIterations: 500 };

test('finds the minimum of Rosenbrock’s function in ten dimensions', async () => {
  const start = Float64Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
  const result = await lbfgs(rosenbrock, start, options);
  expect(result.reason).toBe('converged');
  for (const value of result.x) expect(value).toBeCloseTo(1, 7);
  expect(start[0]).toBe(-1.2);
});

test('solves a badly conditioned quadratic in fewer evaluations than gradient descent could', async () => {
  const quadratic: Evaluate = (x) => ({
    value: x.reduce((sum, value, i) => sum + (10 ** (i - 2) * (value - i) ** 2) / 2, 0),
    gradient: x.map((value, i) => 10 ** (i - 2) * (value - i)),
  });
  const result = await lbfgs(quadratic, new Float64Array(6), options);
  expect(result.reason).toBe('converged');
  expect(result.evaluations).toBeLessThan(100);
  for (const [i, value] of result.x.entries()) expect(value).toBeCloseTo(i, 5);
});

test('reaches the minimum of a function whose values are only good to 1e-7', async () => {
  const noisy: Evaluate = ([x]) => {
    const value = 1 + (x! - 3) ** 2;
    return { value: value + 1e-7 * Math.sin(1e9 * x!), gradient: Float64Array.of(2 * (x! - 3)) };
  };
  const result = await lbfgs(noisy, new Float64Array(1), { ...options, valueNoise: 2e-7 });
  expect(result.reason).toBe('converged');
  expect(result.x[0]).toBeCloseTo(3, 8);
});

test('says that it stalled where no step lowers the value, and that it ran out of iterations', async () => {
  const lying: Evaluate = ([x]) => ({ value: x! ** 2, gradient: Float64Array.of(-2 * x!) });
  expect((await lbfgs(lying, Float64Array.of(1), options)).reason).toBe('stalled');
  const result = await lbfgs(rosenbrock, Float64Array.of(-1.2, 1), { ...options, maxIterations: 3 });
  expect(result).toMatchObject({ reason: 'max-iterations', iterations: 3 });
});

test('takes no step from a minimum', async () => {
  expect(await lbfgs(rosenbrock, Float64Array.of(1, 1), options)).toMatchObject({ iterations: 0, evaluations: 1 });
});

test('steps back from a point where the function is not finite', async () => {
  const barrier: Evaluate = ([x]) => ({ value: x! - Math.log(x!), gradient: Float64Array.of(1 - 1 / x!) });
  const result = await lbfgs(barrier, Float64Array.of(0.001), options);
  expect(result.x[0]).toBeCloseTo(1, 6);
});
