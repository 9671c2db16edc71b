import type { Sample, Samples } from '#lib/shards';

/** So many images at the front of a split are looked at for one of each class. */
const lookedAt = 256;

/**
 * Some images of a split, by rising number: of each class the first one, then the first ones of all. The same for every run on the
 * split, since nothing is drawn.
 */
export async function chooseSamples(images: Samples, count: number): Promise<Sample[]> {
  const [firsts, others]: [Sample[], Sample[]] = [[], []];
  const seen = new Set<number>();
  for await (const sample of images.inOrder()) {
    if (sample.number >= lookedAt) break;
    (seen.has(sample.label) ? others : firsts).push(sample);
    seen.add(sample.label);
    if (firsts.length === count) break;
  }
  return [...firsts, ...others].slice(0, count).sort((a, b) => a.number - b.number);
}
