import type { EmbeddingFigures } from '#lib/contracts';

import { alignment, rankMe, stdOfNormalised, uniformity } from './collapse.ts';
import { type Features } from './features.ts';

/**
 * Figures of embeddings that need no labels: RankMe, standard deviation of the normalised features, alignment of two views and
 * uniformity (see `collapse.ts` for equations and papers).
 *
 * @param embeddings of the images as they are, [N, D], min(N, D) at most 2048
 * @param views of two views of the same images, [N, D] each
 * @throws UsageError for fewer than two rows, or views that don't belong together
 */
export function embeddingFigures(embeddings: Features, views: readonly [Features, Features]): EmbeddingFigures {
  const [samples, columns] = embeddings.shape;
  return {
    samples,
    rankMe: rankMe(embeddings),
    std: stdOfNormalised(embeddings).mean,
    spreadStd: 1 / Math.sqrt(columns),
    alignment: alignment(...views),
    uniformity: uniformity(embeddings),
  };
}
