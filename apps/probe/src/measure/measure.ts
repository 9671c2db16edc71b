import {
  datasetIndexSchema,
  encodePredictions,
  keys,
  pixelSide,
  type ProbeJob,
  type ProbeResult,
  probeResultSchema,
  probeTrainSamples,
  runSpecSchema,
  type Split,
  UsageError,
} from '#lib/contracts';
import { buildStep, native } from '#lib/engine';
import type { IdentifiedFeatures } from '#lib/evaluation';
import { getJson, jsonBytes, type ObjectStore, requireJson } from '#lib/storage';

import { putBeforeResult } from '../put-before-result.ts';
import { checkTask } from './check-task.ts';
import { embeddingsOf } from './embeddings.ts';
import { type EncoderWeights, loadEncoder } from './encoder.ts';
import { pixelFeatures } from './extract.ts';
import { figuresOf } from './figures.ts';
import type { Measurement, OnProgress } from './kind.ts';
import { kinds } from './kinds.ts';
import { openSamples } from './samples.ts';

/**
 * Measures what a job asks for and stores the result. One that is there already is the result.
 * @throws UsageError or FormatError for what can't be measured, before anything is computed where that can be known
 */
export async function measure(
  store: ObjectStore,
  job: ProbeJob,
  codeVersion: string,
  onProgress: OnProgress,
): Promise<{ key: string; top1: number }> {
  const there = await getJson(store, job.key, probeResultSchema);
  if (there) return { key: job.key, top1: there.value.top1 };
  const startMs = performance.now();
  const measurement = await open(store, job, onProgress);
  const { device } = native(); // fits run on it, also where no encoder is
  const { labels, predictions, ...result } = await resultOf(store, measurement);
  if (job.target === 'run') await writePredictions(store, job, labels, predictions);
  const seconds = (performance.now() - startMs) / 1000;
  await store.create(job.key, jsonBytes(probeResultSchema.parse({ ...result, seconds, codeVersion, device })));
  return { key: job.key, top1: result.top1 };
}

/** Every image of the measured split is a row, in the order of the index. */
async function writePredictions(
  store: ObjectStore,
  { run, step, kind, split }: ProbeJob,
  truth: Int32Array,
  predicted: Int32Array,
): Promise<void> {
  const samples = Uint32Array.from(truth, (_, number) => number);
  const key = keys.predictions(run, step, kind, split);
  await putBeforeResult(store, key, encodePredictions({ samples, truth, predicted }));
}

async function open(store: ObjectStore, job: ProbeJob, onProgress: OnProgress): Promise<Measurement> {
  const spec = await requireJson(store, keys.runSpec(job.run), runSpecSchema);
  const { name, contentHash } = spec.dataset;
  const index = await requireJson(store, keys.datasetIndex(name, contentHash), datasetIndexSchema);
  checkTask({
    dataset: name,
    index,
    job,
    options: { ...spec.probe, trainSamples: probeTrainSamples(spec, job.split) },
  });
  if (job.target === 'pixels' && !kinds[job.kind].ofPixels)
    throw new UsageError(`${job.kind} measures an encoder: raw pixels have none`, { field: 'kinds' });
  let encoder: Promise<EncoderWeights> | undefined;
  const measurement: Measurement = {
    job,
    spec,
    index,
    classes: index.classes.map((entry) => entry.name),
    onProgress,
    capture: (computation, shapes) => buildStep(computation, { engine: spec.engine, ...shapes }),
    samples: (split) => openSamples(store, index, split, limitOf(measurement, split)),
    encoder: () => (encoder ??= loadEncoder(store, job.run, spec, job.step)),
    features: (split) => featuresOf(store, measurement, split),
  };
  return measurement;
}

const limitOf = ({ job, spec }: Pick<Measurement, 'job' | 'spec'>, split: Split): number | null =>
  split === 'train' ? probeTrainSamples(spec, job.split) : null;

async function resultOf(store: ObjectStore, measurement: Measurement) {
  const { job, spec } = measurement;
  const { measure: take, frozen } = kinds[job.kind];
  const { outcome, trainSamples, featureSize } = await take(measurement);
  const { name: dataset, contentHash } = spec.dataset;
  return {
    format: 'unlabel.probe',
    version: 1,
    encoder: encoderOf(job),
    measuredOn: {
      dataset,
      contentHash,
      split: job.split,
      trainSamples,
      evalSamples: outcome.predictions.length,
      featureSize,
    },
    figures: frozen && job.target === 'run' ? await figuresOf(store, measurement) : null,
    ...outcome,
  } as const;
}

function encoderOf({ target, run, step }: ProbeJob): ProbeResult['encoder'] {
  if (target === 'pixels') return { kind: 'pixels' };
  return step === 0 ? { kind: 'untrained', run } : { kind: 'checkpoint', run, step };
}

/** Features of a split: raw pixels, or the encoder's, which are kept as an object for the next probe. */
async function featuresOf(store: ObjectStore, measurement: Measurement, split: Split): Promise<IdentifiedFeatures> {
  const { job, spec, samples, encoder } = measurement;
  const images = samples(split);
  const { size } = spec.image;
  const onProgress = (done: number) => measurement.onProgress(`embed ${split}`, done);
  if (job.target === 'pixels')
    return pixelFeatures(images.inOrder(), images.count, { size: pixelSide(size), onProgress });
  const { run, step } = job;
  const limit = limitOf(measurement, split);
  return embeddingsOf(store, { run, step, spec, split, limit, images, encoder, onProgress });
}
