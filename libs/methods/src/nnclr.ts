import {
  add,
  concat,
  mul,
  type Scalar,
  slice,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';

import { UsageError } from '#lib/contracts';
import { backbones, buildBackbone, named, type ParameterSpec, projection } from '#lib/nn';
import { l2Normalize, meanOver, sumOver } from '#lib/tensor';

import { embeddingStdOfViews } from './embedding-std.ts';
import { type BuildArguments, defineMethod, type MethodInstance, needTwoImages } from './method.ts';
import { matchAccuracy, nnclrLoss } from './nnclr/loss.ts';
import { enqueue, nearestRows, type Queue } from './nnclr/queue.ts';
import { stopGradient } from './stop-gradient.ts';

/** Places in the queue are whole numbers in float32, which are exact up to 2^24. */
const largestQueue = 2 ** 23;

const optionsSchema = z.strictObject({
  projectorWidths: z
    .array(z.int().min(1))
    .min(1)
    .default([2048, 2048, 256])
    .describe('numbers out of each layer of the projector, one a layer; the last is the size of an embedding'),
  predictorWidth: z.int().min(1).default(4096).describe('hidden size of the predictor'),
  queueSize: z
    .int()
    .min(1)
    .max(largestQueue)
    .default(98304)
    .describe('embeddings of earlier images among which neighbours are looked for; a multiple of the batch'),
  temperature: z.number().positive().default(0.1).describe('T: what similarities are divided by'),
});
export type NnclrOptions = z.output<typeof optionsSchema>;

/**
 * NNCLR: contrastive learning in which an image's positive is not its own other view but the nearest neighbour of that view
 * among the embeddings of earlier images.
 *
 * Dwibedi et al. 2021, https://arxiv.org/abs/2104.14548. Neighbours are looked up before the batch enters the queue, and the first
 * view's embeddings alone enter it, as in solo-learn. The queue starts as random unit vectors drawn from the seed; it is part of
 * the state, so that a resumed run goes on with the same neighbours.
 */
export const nnclr = defineMethod({
  name: 'nnclr',
  title: 'NNCLR',
  family: 'contrastive',
  papers: ['https://arxiv.org/abs/2104.14548'],
  options: optionsSchema,
  views: 2,
  backbones: Object.keys(backbones),
  build,
});

const queueNames = { rows: 'queue.rows', position: 'queue.position' } as const;

function build({ backbone, image, options }: BuildArguments<NnclrOptions>): MethodInstance {
  const { projectorWidths, predictorWidth, queueSize, temperature } = options;
  const network = buildBackbone(backbone.name, backbone.options, image);
  const size = projectorWidths.at(-1) as number;
  const encoder = named('encoder', network);
  const projector = named(
    'projector',
    projection({ in: network.featureSize, widths: projectorWidths, lastNorm: 'batch-norm' }),
  );
  const predictor = named('predictor', projection({ in: size, widths: [predictorWidth, size], lastNorm: 'none' }));
  const modules = [encoder, projector, predictor];
  return {
    parameters: [...modules.flatMap(({ parameters }) => parameters), ...queueParameters(queueSize, size)],
    featureSize: network.featureSize,
    encoder: network,
    inputs: ({ batch }) => {
      needTwoImages('nnclr', batch);
      checkQueue(queueSize, batch);
      return {};
    },
    drawInputs: () => ({}),
    loss: (scope, views) =>
      tidy(() => {
        const project = (view: Tensor4D) => projector.forward(scope, encoder.forward(scope, view)) as Tensor2D;
        const [z1, z2] = views.map(project) as [Tensor2D, Tensor2D];
        const [p1, p2] = [z1, z2].map((embedding) => predictor.forward(scope, embedding)) as [Tensor2D, Tensor2D];
        const queue: Queue = {
          rows: scope.read(queueNames.rows) as Tensor2D,
          position: scope.read(queueNames.position) as Tensor1D,
        };
        const unit = [z1, z2].map((embedding) => l2Normalize(stopGradient(embedding))) as [Tensor2D, Tensor2D];
        const [n1, n2] = neighboursOf(unit, queue);
        const next = enqueue(queue, unit[0]);
        scope.write(queueNames.rows, next.rows);
        scope.write(queueNames.position, next.position);
        const loss = mean(nnclrLoss(n1, p2, temperature), nnclrLoss(n2, p1, temperature));
        const [q1, q2] = [stopGradient(p1), stopGradient(p2)];
        const terms = {
          matchAccuracy: mean(matchAccuracy(n1, q2), matchAccuracy(n2, q1)),
          neighbourSimilarity: mean(meanCosine(unit[0], n1), meanCosine(unit[1], n2)),
          embeddingStd: embeddingStdOfViews(...unit),
        };
        return { loss, terms };
      }),
    features: (scope, images) => encoder.forward(scope, images) as Tensor2D,
  };
}

function queueParameters(queueSize: number, size: number): ParameterSpec[] {
  const buffer = { trainable: false, decay: false };
  return [
    { name: queueNames.rows, shape: [queueSize, size], init: { kind: 'unit-rows' }, ...buffer },
    { name: queueNames.position, shape: [1], init: { kind: 'zeros' }, ...buffer },
  ];
}

/** @throws UsageError for a queue that batches don't fill evenly */
function checkQueue(queueSize: number, batch: number): void {
  if (queueSize % batch === 0) return;
  const below = Math.floor(queueSize / batch) * batch;
  const allowed = below === 0 ? `${batch}` : `${below} or ${below + batch}`;
  const what = below === 0 ? 'is smaller than' : 'is no multiple of';
  throw new UsageError(
    `nnclr: method.options.queueSize: a queue of ${queueSize} ${what} the batch of ${batch}; it must be a multiple of it`,
    { field: 'method.options.queueSize', remedy: `use ${allowed}, or another batch` },
  );
}

/** The neighbours of both views, by one product with the queue: two of [N, D]. */
function neighboursOf([z1, z2]: [Tensor2D, Tensor2D], queue: Queue): [Tensor2D, Tensor2D] {
  const [N, D] = z1.shape;
  const { rows } = nearestRows(concat([z1, z2], 0), queue.rows);
  return [slice(rows, [0, 0], [N, D]), slice(rows, [N, 0], [N, D])];
}

const mean = (a: Scalar, b: Scalar): Scalar => mul(add(a, b), 0.5);

/** Mean of the dot products of unit rows, []. */
const meanCosine = (a: Tensor2D, b: Tensor2D): Scalar => meanOver(sumOver(mul(a, b), [1])) as Scalar;
