// Photographs where UNLABEL_TEST_IMAGES names the folder of imagenet-samples.tar, made pictures of several sizes elsewhere.
import { afterAll, beforeAll, expect, test } from 'vitest';

import { ingestOptionsSchema } from '#lib/contracts';
import { temporaryFolder, type TemporaryFolder } from '#lib/testing';

import { makeImagenetLayout } from './imagenet-layout.fixture.ts';
import { Pipeline } from './pipeline.fixture.ts';

let pipeline: Pipeline;
let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('imagenet-layout');
  pipeline = await Pipeline.start();
}, 180_000);

afterAll(async () => {
  await pipeline?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
}, 60_000);

/** A thin ResNet-18 and projector; everything else is the report's recipe. */
const thin = {
  'backbone.options.width': '8',
  projectorWidths: '[64, 64]',
  batch: '12',
  epochs: '1',
  'probe.k': '5',
};

test('the layout of ImageNet-100, one file of it corrupt, becomes weights trained at 224 px and probed', async () => {
  const { client } = pipeline;
  const root = folder.path;
  const cutShort = await makeImagenetLayout(root, {
    classes: 3,
    perClass: 15,
    imagesFolder: process.env['UNLABEL_TEST_IMAGES'],
  });
  await client.ingest({
    dataset: 'layout',
    options: ingestOptionsSchema.parse({ sources: [root], classes: 3, fraction: 0.9 }),
  });
  const { index, summary } = await pipeline.until('ingest', async () => {
    const detail = await client.dataset('layout');
    if (detail.summary.state === 'failed') throw new Error(detail.summary.reason ?? '');
    return detail.summary.state === 'ready' && detail;
  });
  expect(index).toMatchObject({ images: { kind: 'large' }, classCounts: { eval: [3, 3, 3] } });
  expect(index?.classes.every(({ name }) => name.endsWith('and its like'))).toBe(true);
  expect(index?.shards.every(({ key }) => key.endsWith('.tar'))).toBe(true);
  expect(index?.setAside).toEqual({
    count: 1,
    first: [{ id: cutShort, reason: expect.stringContaining('cut short') }],
  });
  expect(summary.notes[0]).toContain('has the layout of ImageNet-100: train is train.X1, train.X2, train.X3, train.X4');

  await client.startRun({ recipe: 'report-barlow-twins', dataset: 'layout', run: 'at-224', changes: thin });
  expect(await pipeline.finished('at-224')).toBe(1);
  const { spec, head } = await client.run('at-224');
  expect([spec.image.size, spec.blockSamples, head.checkpoints.at(-1)?.step]).toEqual([224, 16, 2]);
  const { metrics } = await client.metrics('at-224');
  expect(metrics.every(({ loss }) => loss !== null && Number.isFinite(loss))).toBe(true);
  const measured = await pipeline.until('the figures', async () => {
    const { probes } = await client.run('at-224');
    const figures = probes.filter(({ encoder }) => encoder.kind === 'checkpoint');
    return figures.length === 2 && figures;
  });
  expect(measured.map(({ kind }) => kind).sort()).toEqual(['knn', 'linear']);
  for (const { measuredOn, top1, perClass } of measured) {
    expect(measuredOn).toMatchObject({ evalSamples: 9, featureSize: 64 });
    expect(perClass.map(({ support }) => support)).toEqual([3, 3, 3]);
    expect(top1 * 9).toBeCloseTo(Math.round(top1 * 9), 6);
  }
}, 240_000);
