import {
  datasetIndexSchema,
  hashJson,
  keys,
  type ProbeJob,
  type ProbeResult,
  probeResultSchema,
  runSpecSchema,
  type RunSpec,
  type Split,
  UsageError,
} from '#lib/contracts';
import { native } from '#lib/engine';
import { knnProbe, type LabelledFeatures, linearProbe, type ProbeOutcome } from '#lib/evaluation';
import { getJson, jsonBytes, type ObjectStore, requireJson } from '#lib/storage';

import { embed, openEncoder, pixelFeatures } from './encoder.ts';
import { readFeatures, writeFeatures } from './feature-cache.ts';
import { readSplit } from './split-images.ts';

type OnProgress = (phase: string, done: number) => void;

/** Raw pixels of larger images are taken at this side, so that a baseline has at most 3,072 features. */
const largestPixelSide = 32;

/** Measures what a job asks for and stores the result. One that is there already is the result. */
export async function measure(
  store: ObjectStore,
  job: ProbeJob,
  codeVersion: string,
  onProgress: OnProgress,
): Promise<{ key: string; top1: number }> {
  const there = await getJson(store, job.key, probeResultSchema);
  if (there) return { key: job.key, top1: there.value.top1 };
  const spec = await requireJson(store, keys.runSpec(job.run), runSpecSchema);
  const { name, contentHash } = spec.dataset;
  const index = await requireJson(store, keys.datasetIndex(name, contentHash), datasetIndexSchema);
  const classes = index.classes.map((entry) => entry.name);
  if (classes.length < 2 || index.splits.eval === 0)
    throw new UsageError(
      `dataset ${name} has ${classes.length} classes and ${index.splits.eval} images in eval: there is nothing to probe`,
    );
  const startMs = performance.now();
  const { device } = native(); // fits run on it, also where no encoder is
  const features = await bothSplits(store, job, spec, index, onProgress);
  const outcome = await fit(job, spec, features, classes, onProgress);
  const [trainSamples, featureSize] = features.train.shape;
  const result: ProbeResult = {
    format: 'unlabel.probe',
    version: 1,
    encoder: encoderOf(job),
    measuredOn: { dataset: name, contentHash, trainSamples, evalSamples: features.eval.shape[0], featureSize },
    ...figures(outcome),
    seconds: (performance.now() - startMs) / 1000,
    codeVersion,
    device,
  };
  await store.create(job.key, jsonBytes(probeResultSchema.parse(result)));
  return { key: job.key, top1: result.top1 };
}

function encoderOf({ target, run, step }: ProbeJob): ProbeResult['encoder'] {
  if (target === 'pixels') return { kind: 'pixels' };
  return step === 0 ? { kind: 'untrained', run } : { kind: 'checkpoint', run, step };
}

const figures = ({ predictions: _, ...rest }: ProbeOutcome) => rest;

function fit(
  job: ProbeJob,
  spec: RunSpec,
  features: { train: LabelledFeatures; eval: LabelledFeatures },
  classes: string[],
  onProgress: OnProgress,
): Promise<ProbeOutcome> {
  const { k, temperature, inverseRegularisation } = spec.probe;
  const report = { onProgress: ({ phase, done }: { phase: string; done: number }) => onProgress(phase, done) };
  return job.kind === 'knn'
    ? knnProbe({ ...features, classes, options: { k, temperature, centre: job.target === 'pixels' }, ...report })
    : linearProbe({ ...features, classes, options: { inverseRegularisation }, ...report });
}

async function bothSplits(
  store: ObjectStore,
  job: ProbeJob,
  spec: RunSpec,
  index: Parameters<typeof readSplit>[1],
  onProgress: OnProgress,
) {
  let encoder: Awaited<ReturnType<typeof openEncoder>> | undefined;
  const size = job.target === 'pixels' ? Math.min(spec.image.size, largestPixelSide) : spec.image.size;
  const features = async (split: Split, limit: number | null): Promise<LabelledFeatures> => {
    const key = keys.embeddings(job.run, job.step, split, hashJson({ spec: hashJson(spec), split, limit }));
    const kept = job.target === 'run' ? await readFeatures(store, key) : undefined;
    if (kept) return kept;
    const images = await readSplit(store, index, split, { size, limit }, (done) => onProgress(`read ${split}`, done));
    if (job.target === 'pixels') return { ...pixelFeatures(images), labels: images.classes };
    encoder ??= await openEncoder(store, job.run, spec, job.step);
    const labelled = {
      ...embed(encoder, images, (done) => onProgress(`embed ${split}`, done)),
      labels: images.classes,
    };
    await writeFeatures(store, key, labelled);
    return labelled;
  };
  try {
    return { train: await features('train', spec.probe.trainSamples), eval: await features('eval', null) };
  } finally {
    encoder?.step.dispose();
  }
}
