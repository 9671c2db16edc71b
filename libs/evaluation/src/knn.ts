import { UsageError } from '#lib/contracts';

import { rankClasses } from './accuracy.ts';
import { checkLabelled, type Features, type LabelledFeatures } from './features.ts';
import { nearestNeighbours, type Neighbours } from './nearest-neighbours.ts';

export interface KnnOptions {
  bank: LabelledFeatures;
  queries: Features;
  /** Number of classes, K. */
  classes: number;
  k: number;
  temperature: number;
  centre?: boolean;
  onProgress?: ((done: number) => void) | undefined;
  chunkValues?: number;
}

export interface KnnVotes {
  neighbours: Neighbours;
  /** Per class: sum of exp(cos / T) over those of the k nearest that have it, [Q, K]. */
  scores: Float64Array;
  /** Per class: how many of the k nearest have it, [Q, K]. */
  votes: Int32Array;
  /** Classes by falling score, of equal scores the lower class first, [Q, K]; column 0 is the prediction. */
  ranking: Int32Array;
}

/** exp(1 / T) must stay far inside double precision. */
const smallestTemperature = 0.002;

/**
 * Weighted k-nearest-neighbour classifier on cosines:
 *
 *     score_c(q) = Σ_{i in N_k(q), y_i = c} exp(cos(q, x_i) / T)
 *
 * Wu et al. 2018, https://arxiv.org/abs/1805.01978 (T 0.07, k 200); as lightly's knn_predict. Ties, which that leaves open: of equal
 * cosines the lower bank row is nearer, of equal scores the lower class is first.
 *
 * @throws UsageError for bad features or labels, k outside 1 .. rows of the bank, or a temperature below 0.002
 */
export async function knn(options: KnnOptions): Promise<KnnVotes> {
  const { bank, classes, k, temperature } = options;
  checkLabelled('bank', bank, classes);
  if (!(temperature >= smallestTemperature) || !Number.isFinite(temperature))
    throw new UsageError(`k-NN: the temperature is ${temperature}, allowed are ${smallestTemperature} and more`, {
      field: 'probe.temperature',
      remedy: 'the usual values are 0.07 and 0.1',
    });
  const neighbours = await nearestNeighbours(options);
  return { neighbours, ...vote(neighbours, bank.labels, { classes, k, temperature }) };
}

/** Sums each class in the order of nearness, so that classes with the same cosines get exactly the same score. */
function vote(
  { rows, similarities }: Neighbours,
  labels: Int32Array,
  { classes, k, temperature }: { classes: number; k: number; temperature: number },
): Omit<KnnVotes, 'neighbours'> {
  const queries = rows.length / k;
  const scores = new Float64Array(queries * classes);
  const votes = new Int32Array(queries * classes);
  for (let at = 0; at < rows.length; at++) {
    const place = Math.floor(at / k) * classes + labels[rows[at]!]!;
    scores[place]! += Math.exp(similarities[at]! / temperature);
    votes[place]!++;
  }
  return { scores, votes, ranking: rankClasses(scores, classes) };
}
