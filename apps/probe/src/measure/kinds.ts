import type { ProbeKind } from '#lib/contracts';

import type { ProbeMeasure } from './kind.ts';
import { fewLabels1, fewLabels10 } from './kinds/few-labels.ts';
import { fineTune } from './kinds/fine-tune.ts';
import { knn } from './kinds/knn.ts';
import { linear } from './kinds/linear.ts';
import { linearSgd } from './kinds/linear-sgd.ts';

/** Every kind of probe, by its name in jobs and recipes. */
export const kinds: Record<ProbeKind, ProbeMeasure> = {
  knn,
  linear,
  'linear-sgd': linearSgd,
  'fine-tune': fineTune,
  'few-labels-1': fewLabels1,
  'few-labels-10': fewLabels10,
};
