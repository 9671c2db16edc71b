import { beforeEach, expect, test } from 'vitest';

import {
  type ApiError,
  keys,
  neighboursPictureSchema,
  type PicturesMade,
  type RunPictures,
  type RunResolved,
  runPicturesSchema,
  type Sheet,
} from '#lib/contracts';
import { jsonBytes, sha256 } from '#lib/storage';

import {
  changeHead,
  finished,
  probeResult,
  putDataset,
  sha,
  tinyControl,
  type TinyControl,
} from './control.fixture.ts';
import { apiRoutes } from './routes.ts';
import { requireToken } from './token.ts';

const resolved: RunResolved = {
  format: 'unlabel.run-resolved',
  version: 1,
  specHash: sha('1'),
  viewsHash: sha('2'),
  stepsPerEpoch: 5,
  totalSteps: 10,
  trial: null,
  device: 'cpu',
  computation: { precision: 'float32', xla: false, sideBySide: false, why: '', trials: [] },
  intraOpThreads: 1,
  interOpThreads: 1,
  parameters: 1,
};
const fixed = { step: 5, cursor: { epoch: 1, batch: 0 }, kind: 'fixed' as const, folder: 'g', sizeBytes: 1 };

let tiny: TinyControl;
let app: ReturnType<typeof apiRoutes>;
beforeEach(async () => {
  tiny = tinyControl();
  app = apiRoutes(tiny.control, requireToken({ host: '127.0.0.1' }));
  await putDataset(tiny, 'pets');
  await start('one', 'every');
});

async function start(run: string, pictures: string) {
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: { 'probe.pictures': pictures }, run });
  await tiny.store.create(keys.runResolved(run), jsonBytes(resolved));
}
const asked = async () => {
  tiny.published.length = 0;
  await tiny.control.reconciler.all();
  return tiny.subjects().filter((subject) => subject.startsWith('unlabel.probe.pictures.'));
};
const made = (run: string, step: number, kind: 'views' | 'encoder', change: Partial<PicturesMade> = {}) =>
  tiny.store.create(
    keys.picturesMade(run, step, kind),
    jsonBytes({
      format: 'unlabel.pictures',
      version: 1,
      kind,
      step,
      contentHash: sha('c'),
      made: [],
      leftOut: [],
      ...change,
    }),
  );
const list = async (run = 'one'): Promise<RunPictures> =>
  runPicturesSchema.parse(await (await app.request(`/api/runs/${run}/pictures`)).json());

test('views and the untrained encoder are drawn once somebody works on the run, checkpoints as they come', async () => {
  expect(await asked()).toEqual([]);
  await changeHead(tiny, 'one', { state: 'running', attempt: 1 });
  expect(await asked()).toEqual(['unlabel.probe.pictures.one.0.views', 'unlabel.probe.pictures.one.0.encoder']);
  await made('one', 0, 'views');
  await changeHead(tiny, 'one', { checkpoints: [fixed] });
  expect(await asked()).toEqual(['unlabel.probe.pictures.one.0.encoder', 'unlabel.probe.pictures.one.5.encoder']);
  await tiny.store.create(keys.failedMark(keys.picturesMade('one', 5, 'encoder')), jsonBytes({ reason: 'no' }));
  expect(await asked()).toEqual(['unlabel.probe.pictures.one.0.encoder']);
});

test('those of the last checkpoint are asked for when its probes are there, whose result asks for them', async () => {
  await changeHead(tiny, 'one', { ...finished, checkpoints: [fixed, ...(finished.checkpoints ?? [])] });
  expect(await asked()).not.toContain('unlabel.probe.pictures.one.10.encoder');
  const result = probeResult('knn', { kind: 'checkpoint', run: 'one', step: 10 }, 0.5);
  await tiny.store.create(keys.probe('one', 10, 'knn'), jsonBytes(result));
  tiny.published.length = 0;
  tiny.control.receive({
    version: 1,
    type: 'probe-result',
    target: 'one',
    step: 10,
    kind: 'knn',
    split: 'eval',
    top1: 0.5,
  });
  await expect.poll(() => tiny.subjects()).toContain('unlabel.probe.pictures.one.10.encoder');
});

test('a spec that wants the last ones, or none, has these', async () => {
  await start('last', 'last');
  await start('none', 'none');
  for (const run of ['last', 'none']) {
    await changeHead(tiny, run, { ...finished, checkpoints: [fixed, ...(finished.checkpoints ?? [])] });
    await tiny.store.create(keys.failedMark(keys.probe(run, 10, 'knn')), jsonBytes({ reason: 'no' }));
  }
  expect(await asked()).toEqual(
    ['0.views', '0.encoder', '10.encoder'].map((what) => `unlabel.probe.pictures.last.${what}`),
  );
  expect((await list('none')).steps).toEqual([]);
});

test('a list says what is there, what is to come, and why something is not', async () => {
  await changeHead(tiny, 'one', { state: 'running', attempt: 1, checkpoints: [fixed] });
  await made('one', 0, 'views', { made: [{ picture: 'views', file: 'views.json', sha256: sha('a') }] });
  const mark = keys.failedMark(keys.picturesMade('one', 0, 'encoder'));
  await tiny.store.create(mark, jsonBytes({ reason: 'crashed 5 times', remedy: 'mend it' }));
  const { steps, ...rest } = await list();
  expect(rest).toEqual({ run: 'one', dataset: 'pets', contentHash: sha('c'), classes: ['cat', 'dog'] });
  const none = { pictures: [], leftOut: [], reason: null, remedy: null };
  expect(steps).toEqual([
    { step: 0, kind: 'encoder', ...none, state: 'failed', reason: 'crashed 5 times', remedy: 'mend it' },
    { step: 0, kind: 'views', ...none, state: 'made', pictures: [{ picture: 'views', sha256: sha('a') }] },
    { step: 5, kind: 'encoder', ...none, state: 'waiting' },
  ]);
});

test('pictures are made of any checkpoint when they are asked for, what failed once more', async () => {
  const ask = (body: object) =>
    app.request('/api/runs/one/pictures', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  expect((await ask({})).status).toBe(409);
  await changeHead(tiny, 'one', { state: 'running', attempt: 1, checkpoints: [fixed] });
  const mark = keys.failedMark(keys.picturesMade('one', 5, 'encoder'));
  await tiny.store.create(mark, jsonBytes({ reason: 'no' }));
  tiny.published.length = 0;
  expect(await (await ask({ checkpoint: 'last' })).json()).toEqual({
    asked: [
      { step: 0, kind: 'views' },
      { step: 5, kind: 'encoder' },
    ],
  });
  expect(tiny.subjects()).toEqual(['unlabel.probe.pictures.one.0.views', 'unlabel.probe.pictures.one.5.encoder']);
  expect(await tiny.store.head(mark)).toBeUndefined();
  expect((await ask({ checkpoint: 7 })).status).toBe(400);
});

test('a picture is served as it is stored, its sheet for ever where the address says which', async () => {
  const picture = {
    format: 'unlabel.neighbours-picture',
    version: 1,
    step: 5,
    split: 'eval',
    bankSamples: 9,
    queries: [0],
    classes: [1],
    neighbours: [[3]],
    neighbourClasses: [[1]],
    cosines: [[0.5]],
    sameClass: 1,
  };
  await tiny.store.create(keys.pictures('one', 5, 'neighbours.json'), jsonBytes(picture));
  const answer = await app.request('/api/runs/one/pictures/5/neighbours');
  expect(neighboursPictureSchema.parse(await answer.json())).toEqual(picture);
  const bytes = Uint8Array.of(1, 2, 3);
  await tiny.store.create(keys.pictures('one', 0, 'views.png'), bytes);
  const sheet: Pick<Sheet, 'sha256'> = { sha256: sha256(bytes) };
  const served = await app.request(`/api/runs/one/pictures/0/views.png?sha256=${sheet.sha256}`);
  expect(new Uint8Array(await served.arrayBuffer())).toEqual(bytes);
  expect(served.headers.get('cache-control')).toContain('immutable');
  const other = await app.request(`/api/runs/one/pictures/0/views.png?sha256=${sha('0')}`);
  expect(other.headers.get('cache-control')).toBe('private, no-cache');
  const missing = await app.request('/api/runs/one/pictures/0/reconstructions.png');
  expect([missing.status, ((await missing.json()) as ApiError).error]).toEqual([
    404,
    'run one has no reconstructions of step 0',
  ]);
});
