import { afterAll, beforeAll, expect, test } from 'vitest';

import { decodeImage } from '#lib/images';

import { Pipeline } from './pipeline.fixture.ts';

let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await Pipeline.start();
}, 180_000);

afterAll(() => pipeline?.[Symbol.asyncDispose](), 60_000);

/** A small autoencoder for long enough that it learns the patches' colours; a checkpoint each five epochs, of which one is kept. */
const changes: Record<string, string> = {
  batch: '16',
  blockSamples: '32',
  epochs: '20',
  'learningRate.base': '0.02',
  decoderWidth: '32',
  decoderDepth: '1',
  'backbone.options.depth': '1',
  'checkpoint.everyEpochs': '5',
  'checkpoint.keep': '1',
  'probe.k': '5',
  'probe.kinds': '[knn]',
  'probe.trainSamples': '64',
};

test('a masked autoencoder has its pictures at every step that they are wanted of, and what it completes comes nearer', async () => {
  const { client } = pipeline;
  const { run } = await client.startRun({ recipe: 'demo-mae', dataset: 'tiny', run: 'seen', changes });
  await pipeline.finished(run);
  const { steps, contentHash, classes } = await pipeline.until('the pictures', async () => {
    const pictures = await client.pictures(run);
    return pictures.steps.length > 3 && pictures.steps.every(({ state }) => state === 'made') && pictures;
  });
  expect(classes).toHaveLength(3);
  const { resolved, head, spec } = await client.run(run);
  const perEpoch = resolved?.stepsPerEpoch ?? NaN;
  const drawn = steps.filter(({ kind }) => kind === 'encoder').map(({ step }) => step);
  expect(drawn).toEqual([0, 5, 10, 15, 20].map((epoch) => epoch * perEpoch));
  expect(head.checkpoints.at(-1)?.kind).toBe('final');

  const first = await client.reconstructions(run, 0);
  const last = await client.reconstructions(run, drawn.at(-1) ?? 0);
  expect(last.rows).toEqual(first.rows);
  expect(last.loss).toBeLessThan(0.9 * first.loss);
  const sheet = await png(client.sheetUrl(run, last.step, last.sheet));
  expect([sheet.width, sheet.height]).toEqual([4 * 16, last.rows.length * 16]);

  const views = await client.viewsPicture(run);
  const shown = await png(client.sheetUrl(run, 0, views.sheet));
  for (const [row, { sample, class: label }] of views.rows.entries()) {
    const image = await png(client.imageUrl('tiny', { split: 'train', index: sample, content: contentHash }));
    expect(square(shown, row, 0)).toEqual(image.data);
    const [found] = (await client.samples('tiny', { split: 'train', offset: sample, count: 1 })).samples;
    expect(found?.class).toBe(label);
  }
  expect(views.columns).toHaveLength(4 * (spec.views.views[0]?.count ?? NaN));

  const { queries, neighbours, bankSamples } = await client.neighbours(run, drawn.at(-1) ?? 0);
  expect([queries.length, neighbours[0]?.length, bankSamples]).toEqual([12, 8, 64]);
  const { umap, pca, samples } = await client.projection(run, drawn.at(-1) ?? 0);
  expect([umap.x.length, pca.y.length]).toEqual([samples.length, samples.length]);

  const { confusion } = (await client.run(run)).probes.find(({ encoder }) => encoder.kind === 'checkpoint')!;
  const probe = { step: drawn.at(-1) ?? 0, kind: 'knn' as const, split: 'eval' as const };
  for (const [truth, row] of confusion.entries())
    for (const [predicted, count] of row.entries())
      expect((await client.confused(run, probe, { truth, predicted })).total).toBe(count);
}, 300_000);

async function png(url: string) {
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
  return decodeImage(new Uint8Array(await answer.arrayBuffer()), { maxPixels: 1e7 });
}

const side = 16;
function square({ data, width }: { data: Uint8Array; width: number }, row: number, column: number): Uint8Array {
  const rows = Array.from({ length: side }, (_, y) => ((row * side + y) * width + column * side) * 3);
  return Uint8Array.from(rows.flatMap((from) => [...data.subarray(from, from + side * 3)]));
}
