import { knnProbe } from '#lib/evaluation';

import type { ProbeMeasure } from '../kind.ts';

/** Weighted k-nearest neighbours in train. */
export const knn: ProbeMeasure = {
  ofPixels: true,
  frozen: true,
  async measure({ job, spec, classes, features, onProgress }) {
    const { k, temperature } = spec.probe;
    const train = await features('train');
    const outcome = await knnProbe({
      train,
      eval: await features(job.split),
      classes,
      options: { k, temperature, centre: job.target === 'pixels' },
      onProgress: ({ phase, done }) => onProgress(phase, done),
    });
    return { outcome, trainSamples: train.shape[0], featureSize: train.shape[1] };
  },
};
