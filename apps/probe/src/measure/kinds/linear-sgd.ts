import { linearSgdProbe } from '#lib/evaluation';

import { augmented } from '../augmentation.ts';
import { buildExtractor } from '../encoder.ts';
import { extract } from '../extract.ts';
import type { ProbeMeasure } from '../kind.ts';

/** A linear classifier by SGD on the frozen encoder; its features are computed anew in each epoch, of augmented images. */
export const linearSgd: ProbeMeasure = {
  ofPixels: false,
  frozen: true,
  async measure({ job, spec, classes, features, samples, encoder, onProgress }) {
    const { smallestCrop, ...options } = spec.probe.linearSgd;
    const measured = await features(job.split);
    const train = samples('train');
    const extractor = buildExtractor(spec, await encoder());
    const { seed } = spec;
    const { size } = spec.image;
    try {
      const outcome = await linearSgdProbe({
        trainFeatures: (epoch) =>
          extract(extractor, train.inOrder(), train.count, {
            imageOf: (sample) => augmented(sample, { size, smallestCrop, seed, epoch }),
            onProgress: (done) => onProgress(`embed train, epoch ${epoch + 1} of ${options.epochs}`, done),
          }),
        eval: measured,
        classes,
        options,
        seed,
        onProgress: ({ phase, done }) => onProgress(phase, done),
      });
      const recorded = { ...outcome.options, smallestCrop, seed };
      return { outcome: { ...outcome, options: recorded }, trainSamples: train.count, featureSize: extractor.size };
    } finally {
      extractor.dispose();
    }
  },
};
