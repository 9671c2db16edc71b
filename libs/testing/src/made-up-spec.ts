import { type RunSpec, runSpecSchema } from '#lib/contracts';

/**
 * A spec for tests of training: one epoch, no probes, a constant rate.
 * @param given method, backbone, optimiser, image, views and batch at least
 */
export const madeUpSpec = (given: object): RunSpec =>
  runSpecSchema.parse({
    format: 'unlabel.run-spec',
    version: 1,
    recipe: 'made-up',
    dataset: { name: 'made-up', contentHash: 'a'.repeat(64), trainSamples: 1024 },
    blockSamples: 32,
    groupShards: 1,
    windowBlocks: 2,
    schedule: { name: 'constant' },
    learningRate: { base: 0.001, scaleByBatch: false },
    epochs: 1,
    seed: 1,
    precision: 'float32',
    engine: 'captured',
    checkpoint: { everyEpochs: 1, everySeconds: 3600, keep: 1 },
    earlyStopping: null,
    probe: { kinds: [], k: 1, temperature: 0.1, inverseRegularisation: 1, trainSamples: null },
    ...given,
  });
