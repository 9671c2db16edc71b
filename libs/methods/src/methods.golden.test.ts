import {
  add,
  cast,
  grads,
  memory,
  mul,
  type Tensor,
  tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { fromTorchState, type ParameterSpec, patchify, prefixScope, scopeOf, toTorchLayout, vit } from '#lib/nn';
import { l2Normalize } from '#lib/tensor';
import { type GoldenCase, goldenCases } from '#lib/testing';

import {
  barlowTwinsLoss,
  crossCorrelation,
  enqueue,
  maeLoss,
  maeModel,
  masksFromNoise,
  nearestRows,
  negativeCosine,
  nnclrLoss,
  normalisePatches,
  ntXentLoss,
  ntXentQueueLoss,
  simSiamLoss,
} from './index.ts';
import { gatherRows } from './mae/tokens.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const numbers = (golden: GoldenCase) => golden.args as Record<string, number>;
const ints = (values: Int32Array, count: number) => tensor(values, [count, values.length / count], 'int32');

function read(golden: GoldenCase, name: string): Tensor {
  const { data, shape } = golden.tensor(name);
  return tensor(data as Float32Array, shape);
}

function compare(golden: GoldenCase, name: string, got: Tensor): void {
  golden.expectClose(name, got.dataSync(), got.shape);
}

/** Masks of the case's noise, compared with the case's. */
function checkMasks(golden: GoldenCase) {
  const { data, shape } = golden.tensor('in/noise');
  const [count, patches] = shape as [number, number];
  const keep = numbers(golden)['keep'] ?? Math.trunc(patches * (1 - numbers(golden)['mask_ratio']!));
  const masks = masksFromNoise(data, { patches, keep });
  const mask = Float32Array.from(masks.restore, (place) => (place < keep ? 0 : 1));
  if ('out/ids_keep' in golden.tensors) golden.expectClose('out/ids_keep', masks.kept, [count, keep]);
  golden.expectClose('out/ids_restore', masks.restore, shape);
  golden.expectClose('out/mask', mask, shape);
  return { ...masks, mask, count, shape };
}

test.each(goldenCases('losses/mae-masking'))('$name', (golden) => {
  const { kept, count } = checkMasks(golden);
  tidy(() => compare(golden, 'out/kept', gatherRows(read(golden, 'in/x'), ints(kept, count))));
});

test.each(goldenCases('losses/mae'))('$name', (golden) => {
  const { kept, mask, count, shape } = checkMasks(golden);
  tidy(() => {
    const patches = patchify(read(golden, 'in/images'), numbers(golden)['patch_size']!);
    compare(golden, 'out/patches', patches);
    compare(golden, 'out/kept_patches', gatherRows(patches, ints(kept, count)));
    const target = golden.args['norm_pix_loss'] ? normalisePatches(patches) : patches;
    compare(golden, 'out/target', target);
    const removed = tensor(mask, shape);
    const [gradient] = grads((prediction: Tensor) => {
      const loss = maeLoss(prediction, target, removed);
      compare(golden, 'out/loss', loss);
      return loss;
    })([read(golden, 'in/pred')]);
    compare(golden, 'grad/pred', gradient as Tensor);
  });
});

test.each(goldenCases('losses/simsiam').filter(({ name }) => !name.endsWith('zero-row')))('$name', (golden) => {
  tidy(() => {
    const inputs = ['p0', 'p1', 'z0', 'z1'].map((name) => read(golden, `in/${name}`) as Tensor2D);
    const [p0, p1, z0, z1] = inputs as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
    const gradients = grads((a: Tensor, b: Tensor) => {
      const loss = simSiamLoss(a as Tensor2D, b as Tensor2D, z0, z1);
      compare(golden, 'out/loss', loss);
      return loss;
    })([p0, p1]);
    compare(golden, 'grad/p0', gradients[0] as Tensor);
    compare(golden, 'grad/p1', gradients[1] as Tensor);
    compare(golden, 'out/term_p0z1', negativeCosine(p0, z1));
    compare(golden, 'out/term_p1z0', negativeCosine(p1, z0));
    const free = grads((p: Tensor, z: Tensor) => negativeCosine(p as Tensor2D, z as Tensor2D))([p0, z1]);
    compare(golden, 'grad/free_p0', free[0] as Tensor);
    compare(golden, 'grad/free_z1', free[1] as Tensor);
  });
});

test.each(goldenCases('losses/simsiam/zero-row'))('$name', (golden) => {
  tidy(() =>
    compare(golden, 'out/loss', negativeCosine(read(golden, 'in/x0') as Tensor2D, read(golden, 'in/x1') as Tensor2D)),
  );
});

/** Compares a loss of some of the case's inputs, and its gradients by them. */
function checkLoss(
  golden: GoldenCase,
  inputs: string[],
  loss: (...tensors: Tensor2D[]) => Tensor,
  names = { loss: 'out/loss', gradient: (input: string) => `grad/${input}` },
): void {
  const gradients = grads((...tensors: Tensor[]) => {
    const value = loss(...(tensors as Tensor2D[]));
    compare(golden, names.loss, value);
    return value;
  })(inputs.map((name) => read(golden, `in/${name}`)));
  inputs.forEach((name, i) => compare(golden, names.gradient(name), gradients[i] as Tensor));
}

test.each(goldenCases('losses/barlow-twins'))('$name', (golden) => {
  tidy(() => {
    const [a, b] = ['in/z_a', 'in/z_b'].map((name) => read(golden, name)) as [Tensor2D, Tensor2D];
    compare(golden, 'out/cross_correlation', crossCorrelation(a, b));
    const lambda = numbers(golden)['lambda_param']!;
    checkLoss(golden, ['z_a', 'z_b'], (zA, zB) => barlowTwinsLoss(zA!, zB!, lambda).loss);
  });
});

test.each(goldenCases('losses/ntxent'))('$name', (golden) => {
  const { temperature } = numbers(golden);
  tidy(() => checkLoss(golden, ['out0', 'out1'], (z0, z1) => ntXentLoss(z0!, z1!, temperature!)));
});

/** The case's queue before the step. */
const queueOf = (golden: GoldenCase) => ({
  rows: read(golden, 'in/bank') as Tensor2D,
  position: tensor([golden.tensor('in/ptr').data[0] as number], [1]) as Tensor1D,
});

function checkQueue(golden: GoldenCase, { rows, position }: ReturnType<typeof queueOf>): void {
  compare(golden, 'after/bank', rows);
  compare(golden, 'after/ptr', cast(position, 'int32'));
}

test.each(goldenCases('losses/ntxent-bank'))('$name', (golden) => {
  const { temperature } = numbers(golden);
  tidy(() => {
    const queue = queueOf(golden);
    checkLoss(golden, ['out0', 'out1'], (q, k) => ntXentQueueLoss(q!, k!, queue.rows, temperature!));
    checkQueue(golden, enqueue(queue, l2Normalize(read(golden, 'in/out1')) as Tensor2D));
  });
});

test.each(goldenCases('losses/nnclr'))('$name', (golden) => {
  const { temperature } = numbers(golden);
  tidy(() => {
    const queue = queueOf(golden);
    const [z0, z1] = ['in/z0', 'in/z1'].map((name) => read(golden, name)) as [Tensor2D, Tensor2D];
    const [nn0, nn1] = [z0, z1].map((z, view) => {
      const { index, rows } = nearestRows(z, queue.rows);
      compare(golden, `out/index${view}`, index);
      compare(golden, `out/nn${view}`, rows);
      return rows;
    }) as [Tensor2D, Tensor2D];
    checkQueue(golden, enqueue(queue, z1));
    const both = (loss: typeof nnclrLoss) => (p0?: Tensor2D, p1?: Tensor2D) =>
      mul(add(loss(nn0, p1!, temperature!), loss(nn1, p0!, temperature!)), 0.5);
    checkLoss(golden, ['p0', 'p1'], both(ntXentLoss));
    checkLoss(golden, ['p0', 'p1'], both(nnclrLoss), {
      loss: 'out/paper_loss',
      gradient: (input) => `grad/paper_${input}`,
    });
  });
});

/** The case's parameter under our name. */
function torchName({ name }: ParameterSpec): string {
  return name.replace(/^encoder\./, '');
}

test.each(goldenCases('layers/mae'))('$name', (golden) => {
  const { img_size, patch_size, in_chans, embed_dim, depth, num_heads, mlp_ratio } = numbers(golden);
  const { decoder_embed_dim, decoder_depth, decoder_num_heads, mask_ratio } = numbers(golden);
  const encoder = vit(
    'vit',
    {
      patchSize: patch_size!,
      width: embed_dim!,
      depth: depth!,
      heads: num_heads!,
      mlpRatio: mlp_ratio!,
      classToken: true,
      pool: 'token',
      positions: 'sincos',
      init: 'xavier',
    },
    { height: img_size!, width: img_size!, channels: in_chans! },
  );
  const model = maeModel(encoder, {
    width: decoder_embed_dim!,
    depth: decoder_depth!,
    heads: decoder_num_heads!,
    mlpRatio: mlp_ratio!,
    head: 'linear',
  });
  const stored = Object.keys(golden.tensors).filter((name) => !name.includes('/'));
  expect(model.parameters.map(torchName).toSorted()).toEqual(stored.toSorted());
  const trainable = model.parameters.filter((parameter) => parameter.trainable);
  const graded = Object.keys(golden.tensors).filter((name) => name.startsWith('grad/'));
  expect(trainable.map((parameter) => `grad/${torchName(parameter)}`).toSorted()).toEqual(graded.toSorted());
  expect(mask_ratio).toBeGreaterThan(0);
  const { kept, restore, count } = checkMasks(golden);
  tidy(() => {
    const state = Object.fromEntries(
      model.parameters.map((parameter) => {
        const { data, shape } = golden.tensor(torchName(parameter));
        const given = fromTorchState({ [parameter.name]: { data: data as Float32Array, shape } })[parameter.name]!;
        expect(given.shape).toEqual(parameter.shape);
        return [parameter.name, tensor(given.data, given.shape)];
      }),
    );
    const images = read(golden, 'in/x');
    const patches = patchify(images, patch_size!);
    const target = golden.args['norm_pix_loss'] ? normalisePatches(patches) : patches;
    const [keptIds, restoreIds] = [ints(kept, count), ints(restore, count)];
    const gradients = grads((...values: Tensor[]) => {
      const current = Object.fromEntries(trainable.map(({ name }, i) => [name, values[i] as Tensor]));
      const scope = scopeOf({ ...state, ...current }, true);
      const { latent, prediction, mask } = model.reconstruct(scope, patches, keptIds, restoreIds);
      compare(golden, 'out/latent', latent);
      compare(golden, 'out/pred', prediction);
      compare(golden, 'out/mask', mask);
      const loss = maeLoss(prediction, target, mask);
      compare(golden, 'out/loss', loss);
      return loss;
    })(trainable.map(({ name }) => state[name] as Tensor));
    for (const [i, parameter] of trainable.entries()) {
      const gradient = gradients[i] as Tensor;
      const { data, shape } = toTorchLayout({ data: gradient.dataSync() as Float32Array, shape: gradient.shape });
      golden.expectClose(`grad/${torchName(parameter)}`, data, shape);
    }
    const features = encoder.tokens(prefixScope(scopeOf(state, false), 'encoder'), images);
    compare(golden, 'out/features', features);
  });
});
