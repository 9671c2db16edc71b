import { UMAP } from 'umap-js';

import { type Features, nearestNeighbours } from '#lib/evaluation';
import { Draws } from '#lib/sampling';

const mostNeighbours = 15;
const minDist = 0.1;
const epochs = 300;
const tellEvery = 10;

export interface Cloud {
  /** [N, 2] */
  points: Float64Array;
  options: { neighbours: number; minDist: number; epochs: number };
}

/**
 * Rows as points of a plane in which near rows are near: UMAP (McInnes et al. 2018, https://arxiv.org/abs/1802.03426) on cosine
 * distances. Its neighbours are found exhaustively, and what it draws is drawn from the seed: the same features give the same points.
 *
 * @param features [N, D], N at least 3
 */
export async function umap(
  features: Features,
  { seed, onProgress }: { seed: number; onProgress: (done: number) => void },
): Promise<Cloud> {
  const [rows] = features.shape;
  const neighbours = Math.min(mostNeighbours, rows - 1);
  const { indices, distances } = await neighboursOf(features, neighbours);
  const draws = new Draws({ seed, purpose: 'umap' });
  const random = () => draws.float();
  const cloud = new UMAP({ nComponents: 2, nNeighbors: neighbours, minDist, nEpochs: epochs, random });
  cloud.setPrecomputedKNN(indices, distances);
  // The rows themselves are only counted, since the neighbours are known.
  const planned = cloud.initializeFit(indices);
  for (let epoch = 0; epoch < planned; epoch++) {
    cloud.step();
    if (epoch % tellEvery === 0) onProgress(epoch / planned);
  }
  return { points: Float64Array.from(cloud.getEmbedding().flat()), options: { neighbours, minDist, epochs } };
}

/** Of each row its nearest, itself first, as UMAP counts them: rows [N, k] and cosine distances [N, k]. */
async function neighboursOf(features: Features, k: number): Promise<{ indices: number[][]; distances: number[][] }> {
  const found = await nearestNeighbours({ bank: features, queries: features, k: Math.min(k + 1, features.shape[0]) });
  const width = found.rows.length / features.shape[0];
  const lists = Array.from({ length: features.shape[0] }, (_, row) => {
    const others = Array.from({ length: width }, (_, i) => row * width + i)
      .filter((at) => found.rows[at] !== row)
      .slice(0, k - 1);
    return {
      indices: [row, ...others.map((at) => found.rows[at] as number)],
      distances: [0, ...others.map((at) => Math.max(0, 1 - (found.similarities[at] as number)))],
    };
  });
  return { indices: lists.map((list) => list.indices), distances: lists.map((list) => list.distances) };
}
