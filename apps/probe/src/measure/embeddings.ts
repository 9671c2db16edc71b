import { hashJson, keys, type RunSpec, type Split } from '#lib/contracts';
import type { IdentifiedFeatures } from '#lib/evaluation';
import type { Samples } from '#lib/shards';
import type { ObjectStore } from '#lib/storage';

import { buildExtractor, type EncoderWeights } from './encoder.ts';
import { extract } from './extract.ts';
import { embeddingsRevision, readFeatures, writeFeatures } from './feature-cache.ts';

export interface EmbeddingsAsked {
  run: string;
  step: number;
  spec: RunSpec;
  split: Split;
  /** Use the first so many samples; null: all. */
  limit: number | null;
  images: Samples;
  encoder: () => Promise<EncoderWeights>;
  onProgress: (done: number) => void;
}

/** An encoder's features of a split, kept as an object for whoever asks for them next. */
export async function embeddingsOf(store: ObjectStore, asked: EmbeddingsAsked): Promise<IdentifiedFeatures> {
  const key = embeddingsKey(asked);
  const kept = await readFeatures(store, key);
  if (kept) return kept;
  const features = await extractEmbeddings(asked);
  await writeFeatures(store, key, features);
  return features;
}

/** The same, which are kept only where they are kept already: for what few ask for. */
export async function passingEmbeddings(store: ObjectStore, asked: EmbeddingsAsked): Promise<IdentifiedFeatures> {
  return (await readFeatures(store, embeddingsKey(asked))) ?? extractEmbeddings(asked);
}

function embeddingsKey({ run, step, spec, split, limit }: EmbeddingsAsked): string {
  return keys.embeddings(run, step, split, hashJson({ spec: hashJson(spec), split, limit, embeddingsRevision }));
}

async function extractEmbeddings({ spec, images, encoder, onProgress }: EmbeddingsAsked): Promise<IdentifiedFeatures> {
  const extractor = buildExtractor(spec, await encoder());
  try {
    return await extract(extractor, images.inOrder(), images.count, {
      imageOf: (sample) => sample.square(spec.image.size),
      onProgress,
    });
  } finally {
    extractor.dispose();
  }
}
