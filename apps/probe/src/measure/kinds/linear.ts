import { linearProbe } from '#lib/evaluation';

import type { ProbeMeasure } from '../kind.ts';

/** Logistic regression to convergence on all of train. */
export const linear: ProbeMeasure = {
  ofPixels: true,
  frozen: true,
  async measure({ job, spec, classes, features, capture, onProgress }) {
    const train = await features('train');
    const outcome = await linearProbe({
      train,
      eval: await features(job.split),
      classes,
      capture,
      options: { inverseRegularisation: spec.probe.inverseRegularisation },
      onProgress: ({ phase, done }) => onProgress(phase, done),
    });
    return { outcome, trainSamples: train.shape[0], featureSize: train.shape[1] };
  },
};
