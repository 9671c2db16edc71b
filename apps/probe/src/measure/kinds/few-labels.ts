import type { ProbeKind } from '#lib/contracts';
import { linearProbe, selectRows, stratifiedSubset } from '#lib/evaluation';

import type { ProbeMeasure } from '../kind.ts';

/**
 * Logistic regression on a part of each class of train, at least one image. Which images depends on their ids and the run's seed
 * alone: every method is given the same ones, and those of 1 % are among those of 10 %.
 */
function fewLabels(kind: ProbeKind, fraction: number): ProbeMeasure {
  return {
    ofPixels: true,
    frozen: true,
    async measure({ job, spec, classes, features, capture, onProgress }) {
      const all = await features('train');
      const rows = stratifiedSubset(all.ids, all.labels, {
        fraction,
        least: 1,
        spare: 0,
        salt: `few labels ${spec.seed}\n`,
      });
      const outcome = await linearProbe({
        train: selectRows(all, rows),
        eval: await features(job.split),
        classes,
        capture,
        options: { inverseRegularisation: spec.probe.inverseRegularisation },
        onProgress: ({ phase, done }) => onProgress(phase, done),
      });
      const options = { fraction, labels: rows.length, seed: spec.seed, ...outcome.options };
      return { outcome: { ...outcome, kind, options }, trainSamples: rows.length, featureSize: all.shape[1] };
    },
  };
}

export const fewLabels1 = fewLabels('few-labels-1', 0.01);
export const fewLabels10 = fewLabels('few-labels-10', 0.1);
