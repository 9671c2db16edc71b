import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { type ComputePrecision, optimiserSchema } from '#lib/contracts';
import { buildStep } from '#lib/engine';
import { findMethod } from '#lib/methods';
import { initialise } from '#lib/nn';
import { buildOptimiser } from '#lib/optim';
import { trainingStep } from '#lib/training';

const batch = 8;
const image = { height: 8, width: 8, channels: 3 };
const pixels = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };

// With Adam's own 1e-8, a gradient that is rounding alone (attention's key biases cancel) moves by the learning rate, either way.
const epsilon = 1e-4;

const cases = [
  {
    title: 'mae with fixed positions and a class token',
    method: 'mae',
    backbone: { name: 'vit-report', options: { patchSize: 2, depth: 1, classToken: true, positions: 'sincos' } },
    options: { decoderWidth: 16, decoderDepth: 1, decoderHeads: 2 },
    optimiser: { name: 'adamw', weightDecay: 0.05, epsilon },
    learningRate: 2e-3,
  },
  {
    title: 'mae with learned positions and a sigmoid head',
    method: 'mae',
    backbone: { name: 'vit-report', options: { patchSize: 2, depth: 1 } },
    options: { decoderWidth: 16, decoderDepth: 1, decoderHeads: 2, head: 'sigmoid', normPix: false, resize: 12 },
    optimiser: { name: 'adamw', epsilon },
    learningRate: 2e-3,
  },
  {
    title: 'simsiam',
    method: 'simsiam',
    backbone: { name: 'resnet20-v2', options: { width: 2 } },
    options: { projectorLayers: 2, projectorWidth: 16, predictorWidth: 8 },
    optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
    learningRate: 0.05,
  },
  {
    title: 'barlow twins with a projector of four widths',
    method: 'barlow-twins',
    backbone: { name: 'resnet20-v2', options: { width: 2 } },
    options: { projectorWidths: [12, 10, 8, 6], lambda: 0.02, scale: 0.1 },
    optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
    learningRate: 0.05,
  },
  {
    title: 'nnclr with a queue of two batches',
    method: 'nnclr',
    backbone: { name: 'resnet20-v2', options: { width: 2 } },
    options: { projectorWidths: [16, 8], predictorWidth: 8, queueSize: 2 * batch },
    optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
    learningRate: 0.05,
  },
];

/** Pictures of smooth waves, so that there is something to learn; the second view is the first, shifted. */
const view = (number: number) =>
  Uint8Array.from({ length: batch * 192 }, (_, i) => {
    const [n, y, x, c] = [Math.floor(i / 192), Math.floor(i / 24) % 8, Math.floor(i / 3) % 8, i % 3];
    return 127 + 120 * Math.sin(0.7 * n + (0.3 + 0.1 * n) * (x + number) + 0.2 * c * y);
  });

type Spec = (typeof cases)[number];

/** The training step of a case by both engines, from one initial state, and what is fed at each step. */
function build({ method, backbone, options, learningRate, optimiser: given }: Spec) {
  const definition = findMethod(method);
  const instance = definition.build({ backbone, image, pixels, options: definition.options.parse(options) });
  const optimiserOptions = optimiserSchema.parse(given);
  const optimiser = buildOptimiser(optimiserOptions);
  const { fn, state, inputs } = trainingStep({
    instance,
    optimiser,
    weightDecay: optimiserOptions.weightDecay,
    batch,
    views: Array.from({ length: definition.views }, () => image),
    ...pixels,
  });
  const first = initialise(instance.parameters, 1);
  const entries = Object.entries(state).map(([name, shape]) => {
    const size = shape.reduce((product, side) => product * side, 1);
    return [name, { shape, values: first[name] ?? new Float32Array(size) }] as const;
  });
  const views = Array.from({ length: definition.views }, (_, i) => [`view${i}`, view(i)] as const);
  const feed = (step: number) => {
    const samples = Array.from({ length: batch }, (_, i) => i);
    const numbers = { learningRate, peakLearningRate: learningRate, ...optimiser.scalars(step + 1) };
    return {
      ...Object.fromEntries(views),
      ...instance.drawInputs({ seed: 1, epoch: step, samples }),
      ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Float32Array.of(value)])),
    };
  };
  const make = (engine: 'captured' | 'eager', precision: ComputePrecision = 'float32') =>
    buildStep(fn, { state: Object.fromEntries(entries), inputs, engine, precision });
  return { make, feed };
}

/** The largest difference over 1 + |wanted|. */
const difference = (got: Float32Array, want: Float32Array): number =>
  want.reduce((worst, value, i) => Math.max(worst, Math.abs(got[i]! - value) / (1 + Math.abs(value))), 0);

/** Over 20 steps, by a twentieth. */
function expectFall(losses: number[]): void {
  const mean = (from: number) => losses.slice(from, from + 4).reduce((sum, loss) => sum + loss / 4, 0);
  expect(mean(16)).toBeLessThan(mean(0) - 0.05 * Math.abs(mean(0)));
}

test.each(cases)(
  '$title: over 20 steps the recorded one does what the eager one does, and the loss falls',
  (spec) => {
    const before = memory().numTensors;
    const { make, feed } = build(spec);
    const [eager, captured] = [make('eager'), make('captured')];
    expect(captured.info.constantBytes).toBeLessThan(4096);
    const held = memory().numTensors;
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const from = eager.readState();
      const want = eager.run(feed(step));
      losses.push(want['loss']![0]!);
      if (step % 4 !== 0) continue;
      // From one state: left alone, a ReLU that one rounding turns on drives two runs apart within some steps.
      captured.writeState(from);
      const got = captured.run(feed(step));
      for (const name of Object.keys(want))
        expect(difference(got[name]!, want[name]!), `${name} of step ${step}`).toBeLessThan(1e-4);
      const [wanted, state] = [eager.readState(), captured.readState()];
      for (const name of Object.keys(wanted))
        expect(difference(state[name]!, wanted[name]!), `${name} after step ${step}`).toBeLessThan(1e-4);
    }
    expect(memory().numTensors).toBe(held);
    expectFall(losses);
    for (const step of [eager, captured]) step.dispose();
    expect(memory().numTensors).toBe(before);
  },
  300_000,
);

test.each(cases)(
  '$title: in bfloat16 it starts as float32 does, the loss falls, and a resumed run has the same bits',
  (spec) => {
    const { make, feed } = build(spec);
    const [wide, narrow, resumed] = [make('captured'), make('captured', 'bfloat16'), make('captured', 'bfloat16')];
    const lossOf = (step: typeof wide, number: number) => step.run(feed(number))['loss']![0]!;
    const wides: number[] = [];
    const losses: number[] = [];
    for (let number = 0; number < 20; number++) {
      if (number === 10) resumed.writeState(narrow.readState());
      wides.push(lossOf(wide, number));
      losses.push(lossOf(narrow, number));
      if (number >= 10) expect(lossOf(resumed, number)).toBe(losses[number]);
    }
    expect(resumed.readState()).toEqual(narrow.readState());
    expect(losses).not.toEqual(wides);
    // Networks of two channels and batches of eight are far noisier in bfloat16 than real ones.
    expect(Math.abs(losses[0]! - wides[0]!)).toBeLessThan(0.1 * (1 + Math.abs(wides[0]!)));
    expectFall(losses);
    for (const step of [wide, narrow, resumed]) step.dispose();
  },
  300_000,
);
