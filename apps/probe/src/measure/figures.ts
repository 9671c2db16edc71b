import { embeddingFiguresSchema, type EmbeddingFigures, hashJson, keys, type ViewOperation } from '#lib/contracts';
import { embeddingFigures, selectRows } from '#lib/evaluation';
import { Draws } from '#lib/sampling';
import type { Sample } from '#lib/shards';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';
import { makeView } from '#lib/transforms';

import { buildExtractor } from './encoder.ts';
import { extract } from './extract.ts';
import { embeddingsRevision } from './feature-cache.ts';
import type { Measurement } from './kind.ts';

/** Enough for stable figures, and at most what an eigenvalue problem of features times images may have. */
const mostSamples = 2000;

/**
 * Figures of an encoder's embeddings on a part of the measured split, computed once a step and split; null for fewer than two images.
 * Alignment compares two views by the run's own recipe: the first two, or two of the only one.
 */
export async function figuresOf(store: ObjectStore, measurement: Measurement): Promise<EmbeddingFigures | null> {
  const { job, spec, features, samples, encoder, onProgress } = measurement;
  const hash = hashJson({ spec: hashJson(spec), split: job.split, mostSamples, embeddingsRevision });
  const key = keys.embeddingFigures(job.run, job.step, job.split, hash);
  const kept = await getJson(store, key, embeddingFiguresSchema);
  if (kept) return kept.value;
  const measured = samples(job.split);
  if (measured.count < 2) return null;
  const numbers = chosenSamples(measured.count, spec.seed);
  const embeddings = selectRows(await features(job.split), Int32Array.from(numbers));
  const extractor = buildExtractor(spec, await encoder());
  try {
    const view = (which: 0 | 1) =>
      extract(extractor, measured.only(numbers), numbers.length, {
        imageOf: (sample) => viewOf(measurement, sample, which),
        onProgress: (done) => onProgress(`view ${which + 1} for alignment`, done),
      });
    const figures = embeddingFigures(embeddings, [await view(0), await view(1)]);
    await store.create(key, jsonBytes(embeddingFiguresSchema.parse(figures)));
    return figures;
  } finally {
    extractor.dispose();
  }
}

/** Numbers of the samples that figures are taken of, rising: the same for every run of one seed. */
function chosenSamples(count: number, seed: number): Uint32Array {
  const order = new Draws({ seed, purpose: 'samples for figures of embeddings' }).permutation(count);
  return order.slice(0, mostSamples).sort();
}

async function viewOf({ spec }: Measurement, sample: Sample, which: 0 | 1): Promise<Uint8Array> {
  const [first, second] = spec.views.views.flatMap(({ count, operations }) =>
    Array.from({ length: count }, () => operations),
  );
  const operations = which === 1 && second ? second : (first as ViewOperation[]);
  const draws = new Draws({ seed: spec.seed, purpose: 'views for alignment', sample: sample.number, view: which });
  return makeView(await sample.whole(), operations, draws).data;
}
