import { type FineTuneOptions, type RunSpec, UsageError } from '#lib/contracts';
import { buildStep, zeroState } from '#lib/engine';
import { classifier, type Classifier, probeOutcome, rankClasses, targetInput } from '#lib/evaluation';
import { initialise } from '#lib/nn';
import { buildOptimiser, learningRateAt, type Optimiser } from '#lib/optim';
import type { Sample } from '#lib/shards';
import { stepInputs, trainingStep } from '#lib/training';

import { augmented } from '../augmentation.ts';
import { buildExtractor, type EncoderWeights } from '../encoder.ts';
import { extract } from '../extract.ts';
import type { Measurement, ProbeMeasure } from '../kind.ts';

/** Encoder and linear classifier trained end to end on augmented images, batch norm's statistics with them. */
export const fineTune: ProbeMeasure = {
  ofPixels: false,
  frozen: false,
  async measure(measurement) {
    const started = performance.now();
    const { job, spec, classes, samples, encoder, onProgress } = measurement;
    const start = await encoder();
    const tuned = classifier(start.instance, classes.length);
    const { values, options, trainSamples } = await train(measurement, tuned, start);
    const extractor = buildExtractor(
      spec,
      { instance: tuned, parameters: tuned.parameters, values },
      { forward: tuned.logits, size: classes.length },
    );
    try {
      const measured = samples(job.split);
      const logits = await extract(extractor, measured.inOrder(), measured.count, {
        imageOf: (sample) => sample.square(spec.image.size),
        onProgress: (done) => onProgress(`classify ${job.split}`, done),
      });
      const ranking = rankClasses(logits.data, classes.length);
      const outcome = probeOutcome(ranking, { kind: 'fine-tune', labels: logits.labels, classes, started, options });
      return { outcome, trainSamples, featureSize: tuned.featureSize };
    } finally {
      extractor.dispose();
    }
  },
};

async function train(measurement: Measurement, tuned: Classifier, start: EncoderWeights) {
  const { spec, samples, onProgress } = measurement;
  const options = spec.probe.fineTune;
  const images = samples('train');
  const batch = Math.min(options.batch, images.count);
  const stepsPerEpoch = Math.floor(images.count / batch);
  const run = { baseLearningRate: options.learningRate, totalSteps: stepsPerEpoch * options.epochs, stepsPerEpoch };
  const schedule = { name: 'warmup-cosine', warmupEpochs: options.warmupEpochs, endFactor: 0, per: 'step' } as const;
  const optimiser = buildOptimiser(options.optimiser);
  const step = buildTrainer(spec, tuned, { optimiser, batch, options, start });
  let [steps, lossSum] = [0, 0];
  try {
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      lossSum = 0;
      for await (const fed of batches(measurement, batch, epoch)) {
        const learningRate = learningRateAt(schedule, run, steps++);
        const { loss } = step.run({
          [targetInput]: fed.target,
          ...stepInputs(optimiser, { step: steps, learningRate, peak: options.learningRate, views: [fed.view] }),
        });
        lossSum += finite(loss?.[0], steps, options);
        onProgress(`fine-tune, epoch ${epoch + 1} of ${options.epochs}`, steps / run.totalSteps);
      }
    }
    const { optimiser: named, ...rest } = options;
    const recorded = { ...rest, batch, seed: spec.seed, trainLoss: lossSum / stepsPerEpoch };
    const optimiserOptions = Object.fromEntries(
      Object.entries(named).map(([key, value]) => [`optimiser.${key}`, value]),
    );
    return { values: step.readState(), options: { ...recorded, ...optimiserOptions }, trainSamples: images.count };
  } finally {
    step.dispose();
  }
}

function finite(loss: number | undefined, step: number, { learningRate }: FineTuneOptions): number {
  if (loss !== undefined && Number.isFinite(loss)) return loss;
  throw new UsageError(`fine-tuning: the loss is ${loss} in step ${step}`, {
    field: 'probe.fineTune.learningRate',
    remedy: `use a lower learning rate than ${learningRate}`,
  });
}

function buildTrainer(
  spec: RunSpec,
  tuned: Classifier,
  given: { optimiser: Optimiser; batch: number; options: FineTuneOptions; start: EncoderWeights },
) {
  const { optimiser, batch, options, start } = given;
  const { size, mean, std } = spec.image;
  const { fn, state, inputs } = trainingStep({
    instance: tuned,
    optimiser,
    weightDecay: options.optimiser.weightDecay,
    batch,
    views: [{ height: size, width: size, channels: 3 }],
    mean,
    std,
  });
  const first = { ...initialise(tuned.parameters, spec.seed), ...start.values };
  const entries = zeroState(state); // slots start empty
  for (const [name, values] of Object.entries(first)) if (entries[name]) entries[name].values = values;
  return buildStep(fn, { engine: spec.engine, state: entries, inputs });
}

/** Full batches of an epoch, shuffled as a run's are: images and one-hot classes. The arrays are used again for the next batch. */
async function* batches({ spec, classes, samples }: Measurement, batch: number, epoch: number) {
  const { size } = spec.image;
  const { seed, groupShards } = spec;
  const { smallestCrop } = spec.probe.fineTune;
  const view = new Uint8Array(batch * size * size * 3);
  const target = new Float32Array(batch * classes.length);
  let row = 0;
  const add = async (sample: Sample) => {
    view.set(await augmented(sample, { size, smallestCrop, seed, epoch }), row * size * size * 3);
    target.fill(0, row * classes.length, (row + 1) * classes.length);
    target[row * classes.length + sample.label] = 1;
  };
  for await (const sample of samples('train').shuffled({ seed, epoch, groupShards })) {
    await add(sample);
    if (++row < batch) continue;
    yield { view, target };
    row = 0;
  }
}
