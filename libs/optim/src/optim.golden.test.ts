import { memory, scalar, type Tensor, tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { type GoldenCase, goldenCases } from '#lib/testing';

import {
  adam,
  adamw,
  byolMomentum,
  clipEachNorm,
  clipGlobalNorm,
  cosine,
  exponentialMovingAverage,
  halfCosine,
  lars,
  linearWarmup,
  type Optimiser,
  sgd,
  warmupCosine,
} from './index.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const steps = 10;
const parameterNames = ['w1', 'b1', 'conv', 'gamma'];
type Numbers = Record<string, number>;
const numbers = (golden: GoldenCase) => golden.args as Numbers;
const floats = (golden: GoldenCase, name: string) => golden.tensor(name).data as Float32Array;

/** Ten steps of given gradients; state is the last step's. */
function checkTenSteps(golden: GoldenCase, optimiser: Optimiser): void {
  const weightDecay = numbers(golden)['weight_decay'] ?? 0;
  const excluded = JSON.stringify(golden.args['no_decay_group'] ?? golden.args['excluded'] ?? 'none');
  for (const name of parameterNames) {
    const { shape } = golden.tensor(`in/param/${name}`);
    const isExcluded = excluded.includes('ndim <= 1') && shape.length <= 1;
    const gradients = floats(golden, `in/grad/${name}`);
    const size = gradients.length / steps;
    let parameter: Tensor = tensor(floats(golden, `in/param/${name}`), shape);
    let slots = Object.fromEntries(optimiser.slots.map((slot) => [slot, zeros(shape)]));
    const history: number[] = [];
    for (let i = 0; i < steps; i++) {
      const next = tidy(() =>
        optimiser.update({
          parameter,
          gradient: tensor(gradients.slice(size * i, size * (i + 1)), shape),
          slots,
          learningRate: scalar('in/lr' in golden.tensors ? floats(golden, 'in/lr')[i]! : numbers(golden)['lr']!),
          scalars: Object.fromEntries(Object.entries(optimiser.scalars(i + 1)).map(([key, v]) => [key, scalar(v)])),
          weightDecay: isExcluded ? 0 : weightDecay,
          group: isExcluded ? 'unscaled' : 'weights',
        }),
      );
      for (const old of [parameter, ...Object.values(slots)]) old.dispose();
      ({ parameter, slots } = next);
      history.push(...parameter.dataSync());
    }
    golden.expectClose(`out/param/${name}`, history, [steps, ...shape]);
    for (const [slot, value] of Object.entries(slots))
      golden.expectClose(`out/state/${slot}/${name}`, value.dataSync(), shape);
    for (const used of [parameter, ...Object.values(slots)]) used.dispose();
  }
}

const sgdOf = ({ args }: GoldenCase) =>
  sgd({ momentum: (args['momentum'] as number) ?? 0, nesterov: args['nesterov'] === true });
const adamOf = ({ args }: GoldenCase) => {
  const [beta1, beta2] = args['betas'] as [number, number];
  return { beta1, beta2, epsilon: args['eps'] as number };
};
const larsOf = ({ args }: GoldenCase, rule: 'lightly' | 'timm' | 'moco-v3') =>
  lars({
    momentum: args['momentum'] as number,
    nesterov: args['nesterov'] === true,
    trustCoefficient: (args['trust_coefficient'] ?? args['trust_coeff']) as number,
    clip: args['trust_clip'] === true,
    rule,
  });

const optimisers = [
  ...goldenCases('optim/sgd').map((golden) => ({ golden, optimiser: sgdOf(golden) })),
  ...goldenCases('optim/adam').map((golden) => ({ golden, optimiser: adam(adamOf(golden)) })),
  ...goldenCases('optim/adamw').map((golden) => ({ golden, optimiser: adamw(adamOf(golden)) })),
  ...goldenCases('optim/lars').map((golden) => ({ golden, optimiser: larsOf(golden, 'lightly') })),
  ...goldenCases('optim/lars-timm').map((golden) => ({ golden, optimiser: larsOf(golden, 'timm') })),
  ...goldenCases('optim/lars-mocov3').map((golden) => ({ golden, optimiser: larsOf(golden, 'moco-v3') })),
].map((entry) => ({ name: entry.golden.name, ...entry }));

test.each(optimisers)('$name', ({ golden, optimiser }) => checkTenSteps(golden, optimiser));

test.each(goldenCases('optim/ema'))('$name', (golden) => {
  const momentum = scalar(numbers(golden)['momentum']!);
  for (const name of parameterNames) {
    const { shape } = golden.tensor(`in/target/${name}`);
    const target = tensor(floats(golden, `in/target/${name}`), shape);
    const online = tensor(floats(golden, `in/online/${name}`), shape);
    const next = exponentialMovingAverage(target, online, momentum);
    golden.expectClose(`out/target/${name}`, next.dataSync(), next.shape);
    for (const used of [target, online, next]) used.dispose();
  }
  momentum.dispose();
});

test.each(goldenCases('optim/clip-global-norm'))('$name', (golden) => {
  const maxNorm = numbers(golden)['max_norm']!;
  const gradients = parameterNames.map((name) => {
    const { shape } = golden.tensor(`in/grad/${name}`);
    return tensor(floats(golden, `in/grad/${name}`), shape);
  });
  const clipped = clipGlobalNorm(gradients, maxNorm);
  golden.expectClose('out/norm', clipped.norm.dataSync(), []);
  const own = clipEachNorm(gradients, maxNorm);
  for (const [i, name] of parameterNames.entries()) {
    golden.expectClose(`out/grad/${name}`, clipped.gradients[i]!.dataSync(), clipped.gradients[i]!.shape);
    golden.expectClose(`out/per_tensor/${name}`, own[i]!.dataSync(), own[i]!.shape);
  }
  for (const used of [...gradients, ...clipped.gradients, clipped.norm, ...own]) used.dispose();
});

const schedules: { golden: GoldenCase; at: (step: number) => number }[] = [
  ...goldenCases('optim/schedule/lightly-cosine-warmup').map((golden) => {
    const { base_lr, warmup_steps, max_steps, start_value, end_value, warmup_start_value } = numbers(golden);
    const options = { totalSteps: max_steps!, warmupSteps: warmup_steps!, start: start_value!, end: end_value! };
    return {
      golden,
      at: (step: number) => base_lr! * warmupCosine({ ...options, warmupStart: warmup_start_value! }, step),
    };
  }),
  ...goldenCases('optim/schedule/lightly-cosine').map((golden) => {
    const { max_steps, start_value, end_value } = numbers(golden);
    const options = { totalSteps: max_steps!, start: start_value!, end: end_value! };
    return { golden, at: (step: number) => cosine(options, step) };
  }),
  ...goldenCases('optim/schedule/byol-tau').map((golden) => {
    const { max_steps, tau_base } = numbers(golden);
    return { golden, at: (step: number) => byolMomentum({ totalSteps: max_steps!, base: tau_base! }, step) };
  }),
  ...goldenCases('optim/schedule/mae-half-cosine').map((golden) => {
    const { warmup_epochs, epochs, steps_per_epoch, lr, min_lr } = numbers(golden);
    const options = { peak: lr!, end: min_lr!, warmupEpochs: warmup_epochs!, epochs: epochs! };
    return { golden, at: (step: number) => halfCosine(options, step / steps_per_epoch!) };
  }),
  ...goldenCases('optim/schedule/linear-warmup').map((golden) => {
    const { warmup_steps, start_value, end_value } = numbers(golden);
    const options = { warmupSteps: warmup_steps!, start: start_value!, end: end_value! };
    return { golden, at: (step: number) => linearWarmup(options, step) };
  }),
];

test.each(schedules.map((entry) => ({ name: entry.golden.name, ...entry })))('$name', ({ golden, at }) => {
  const values = Array.from(golden.tensor('in/steps').data, at);
  golden.expectClose('out/value', values, [values.length]);
});
