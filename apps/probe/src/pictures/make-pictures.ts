import {
  datasetIndexSchema,
  keys,
  type PictureName,
  type PicturesJob,
  type PicturesMade,
  picturesMadeSchema,
  runHeadSchema,
  runSpecSchema,
  UsageError,
} from '#lib/contracts';
import { native } from '#lib/engine';
import type { IdentifiedFeatures } from '#lib/evaluation';
import { jsonBytes, type ObjectStore, requireJson, sha256 } from '#lib/storage';

import { type EmbeddingsAsked, embeddingsOf, passingEmbeddings } from '../measure/embeddings.ts';
import { encoderOfModel, type EncoderWeights, loadModel } from '../measure/encoder.ts';
import type { OnProgress } from '../measure/kind.ts';
import { openSamples } from '../measure/samples.ts';
import { putBeforeResult } from '../put-before-result.ts';
import { neighboursPicture } from './neighbours.ts';
import { earlierPoints, mostPoints, projectionPicture } from './projection.ts';
import { reconstructionsPicture } from './reconstructions.ts';
import type { Picture, PicturesTask } from './task.ts';
import { viewsPicture } from './views.ts';

/**
 * Makes the pictures that a job asks for and stores each as soon as it is there, last the object that names them all: a pure function
 * of the job's key. What can't be drawn (an encoder that gives the same for all images, a dataset without eval) is left out, with the reason.
 * @throws FormatError for a step without checkpoint
 */
export async function makePictures(store: ObjectStore, job: PicturesJob, onProgress: OnProgress): Promise<void> {
  if (await store.head(job.key)) return;
  const task = await open(store, job, onProgress);
  const made: PicturesMade = {
    format: 'unlabel.pictures',
    version: 1,
    kind: job.kind,
    step: job.step,
    contentHash: task.spec.dataset.contentHash,
    made: [],
    leftOut: [],
  };
  const attempt = async (name: PictureName, draw: () => Promise<Picture>) => {
    onProgress(name, 0);
    try {
      made.made.push(await put(store, job, await draw()));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      made.leftOut.push({ picture: name, reason: error.message });
    }
  };
  if (job.kind === 'views') await attempt('views', () => viewsPicture(task));
  else await encoderPictures(store, task, attempt);
  await store.create(job.key, jsonBytes(picturesMadeSchema.parse(made)));
}

async function open(store: ObjectStore, job: PicturesJob, onProgress: OnProgress): Promise<PicturesTask> {
  const spec = await requireJson(store, keys.runSpec(job.run), runSpecSchema);
  const { name, contentHash } = spec.dataset;
  const index = await requireJson(store, keys.datasetIndex(name, contentHash), datasetIndexSchema);
  const { checkpoints } = await requireJson(store, keys.runHead(job.run), runHeadSchema);
  return {
    job,
    spec,
    index,
    entry: checkpoints.find(({ step }) => step === job.step),
    split: (['eval', 'tune'] as const).find((split) => index.splits[split] > 0),
    samples: (split, limit) => openSamples(store, index, split, limit),
    onProgress,
  };
}

async function put(store: ObjectStore, { run, step }: PicturesJob, { picture, content, files }: Picture) {
  for (const { file, bytes } of files) await putBeforeResult(store, keys.pictures(run, step, file), bytes);
  const file = `${picture}.json`;
  const bytes = jsonBytes(content);
  await putBeforeResult(store, keys.pictures(run, step, file), bytes);
  return { picture, file, sha256: sha256(bytes) };
}

/** First what costs least. */
async function encoderPictures(
  store: ObjectStore,
  task: PicturesTask,
  attempt: (name: PictureName, draw: () => Promise<Picture>) => Promise<void>,
): Promise<void> {
  const { job, spec, split } = task;
  native();
  const model = await loadModel(store, job.run, spec, job.step);
  const { completion } = model.instance;
  const need = (): 'eval' | 'tune' => {
    if (split) return split;
    throw new UsageError(`dataset ${spec.dataset.name} has no images in eval or tune`, {
      remedy: 'ingest it with --holdout 0.1',
    });
  };
  if (completion)
    await attempt('reconstructions', async () => reconstructionsPicture({ ...task, split: need() }, model, completion));
  const queries = once(async () => firstRows(await featuresOf(store, task, model, need()), mostPoints));
  await attempt('neighbours', async () =>
    neighboursPicture(task, need(), await queries(), await featuresOf(store, task, model, 'train')),
  );
  await attempt('projection', async () => projectionPicture(task, need(), await queries()));
}

/** Calls once, and gives every caller the same. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/**
 * Features of a split's first images. Those of the last checkpoint are kept for the probes on eval, or from them, so all that these
 * take are searched; earlier ones of few images.
 */
function featuresOf(
  store: ObjectStore,
  task: PicturesTask,
  model: EncoderWeights,
  split: 'train' | 'eval' | 'tune',
): Promise<IdentifiedFeatures> {
  const { job, spec, entry, onProgress } = task;
  const isProbed = entry?.kind === 'final' && spec.probe.kinds.length > 0 && split !== 'tune';
  const all = split === 'train' ? spec.probe.trainSamples : null;
  const few = split === 'train' ? Math.min(spec.probe.tuneTrainSamples, all ?? Infinity) : earlierPoints;
  const limit = isProbed ? all : task.index.splits[split] <= few ? all : few;
  const asked: EmbeddingsAsked = {
    run: job.run,
    step: job.step,
    spec,
    split,
    limit,
    images: task.samples(split, limit),
    encoder: async () => encoderOfModel(model),
    onProgress: (done) => onProgress(`embed ${split}`, done),
  };
  return isProbed ? embeddingsOf(store, asked) : passingEmbeddings(store, asked);
}

function firstRows(features: IdentifiedFeatures, count: number): IdentifiedFeatures {
  const [rows, columns] = features.shape;
  if (rows <= count) return features;
  return {
    data: features.data.subarray(0, count * columns),
    shape: [count, columns],
    labels: features.labels.subarray(0, count),
    ids: features.ids.slice(0, count),
  };
}
