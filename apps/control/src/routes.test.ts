import { afterAll, beforeEach, describe, expect, test } from 'vitest';

import {
  type ApiError,
  apiErrorSchema,
  apiHealthSchema,
  comparisonSchema,
  datasetDetailSchema,
  datasetSummarySchema,
  eventSchema,
  experimentDetailSchema,
  experimentFileSchema,
  experimentStartedSchema,
  experimentSummarySchema,
  probeStatusSchema,
  runDetailSchema,
  runMetricsSchema,
  runRecipeSchema,
  runCurvesSchema,
  runSummarySchema,
} from '#lib/contracts';

import { changeHead, finished, putDataset, tinyControl, type TinyControl } from './control.fixture.ts';
import { apiRoutes } from './routes.ts';
import { requireToken } from './token.ts';

let tiny: TinyControl;
let app: ReturnType<typeof apiRoutes>;
beforeEach(async () => {
  tiny = tinyControl();
  app = apiRoutes(tiny.control, requireToken({ host: '127.0.0.1' }));
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
});

const get = async (path: string): Promise<unknown> => (await app.request(path)).json();
const post = (path: string, body?: unknown) =>
  app.request(path, {
    method: 'POST',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
  });
async function refused(answer: Response | Promise<Response>, status: number): Promise<ApiError> {
  const got = await answer;
  expect(got.status).toBe(status);
  return apiErrorSchema.parse(await got.json());
}

test('what is served follows the schemas', async () => {
  apiHealthSchema.parse(await get('/api/health'));
  expect(datasetSummarySchema.array().parse(await get('/api/datasets'))).toHaveLength(1);
  datasetDetailSchema.parse(await get('/api/datasets/pets'));
  expect(runSummarySchema.array().parse(await get('/api/runs'))).toHaveLength(1);
  runDetailSchema.parse(await get('/api/runs/one'));
  expect(runMetricsSchema.parse(await get('/api/runs/one/metrics?after=3'))).toEqual({ run: 'one', metrics: [] });
  comparisonSchema.parse(await get('/api/compare?runs=one'));
  expect(runCurvesSchema.parse(await get('/api/runs/one/curves?points=10'))).toMatchObject({ run: 'one', steps: 0 });
  expect(runRecipeSchema.parse(await get('/api/runs/one/recipe')).spec).toMatchObject({ recipe: 'tiny', epochs: 2 });
  for (const list of ['methods', 'backbones', 'recipes'])
    expect(await get(`/api/${list}`)).toContainEqual(expect.objectContaining({ title: expect.any(String) as string }));
});

describe('refusals', () => {
  test('400 names the field, and the nearest name where there is one', async () => {
    expect(await refused(post('/api/runs', { recipe: 'tinny', dataset: 'pets' }), 400)).toMatchObject({
      field: 'recipe',
      nearest: 'tiny',
    });
    expect(await refused(app.request('/api/runs/onne'), 400)).toMatchObject({ field: 'run', nearest: 'one' });
    expect(await refused(post('/api/runs', { recipe: 'tiny' }), 400)).toMatchObject({ field: 'dataset' });
    expect(
      await refused(post('/api/runs', { recipe: 'tiny', dataset: 'pets', changes: { epochs: 'x' } }), 400),
    ).toMatchObject({ field: 'epochs' });
    expect(await refused(app.request('/api/runs/one/metrics?after=-1'), 400)).toMatchObject({ field: 'after' });
    expect(await refused(app.request('/api/runs/one/curves?points=1'), 400)).toMatchObject({ field: 'points' });
    expect(await refused(app.request('/api/runs/one/curves?from=x'), 400)).toMatchObject({ field: 'from' });
    await refused(app.request(`/api/runs/${encodeURIComponent('../../etc')}`), 400);
    await refused(app.request('/api/datasets/%00'), 400);
  });

  test.each(['{', '', '[]', '"text"'])('a body of %j is answered 400', async (text) => {
    expect((await refused(post('/api/runs', text), 400)).error).not.toBe('');
  });

  test('a body of another content type is answered 415', async () => {
    await refused(app.request('/api/runs', { method: 'POST', body: '{}' }), 415);
  });

  test('404 for what the API does not have', async () => {
    expect((await refused(app.request('/api/nothing'), 404)).error).toBe('there is no GET /api/nothing');
    await refused(app.request('/api/runs', { method: 'DELETE' }), 404);
  });

  test('409 where the state forbids it', async () => {
    await refused(post('/api/runs', { recipe: 'tiny', dataset: 'pets', run: 'one' }), 409);
    await refused(post('/api/runs/one/probes', {}), 409);
    await changeHead(tiny, 'one', finished);
    await refused(post('/api/runs/one/stop'), 409);
    await refused(post('/api/runs/one/resume'), 409);
  });

  test('500 follows the same schema', async () => {
    tiny.store.list = () => {
      throw new Error('out of order');
    };
    expect((await refused(app.request('/api/runs'), 500)).error).toBe('out of order');
  });
});

test('runs are started, stopped, resumed and probed', async () => {
  const started = await post('/api/runs', { recipe: 'tiny', dataset: 'pets', changes: { epochs: '3' }, run: 'two' });
  expect(started.status).toBe(202);
  expect(await started.json()).toEqual({ run: 'two', notes: [] });
  expect(await (await post('/api/runs/two/stop')).json()).toEqual({ ok: true });
  expect(await (await post('/api/runs/two/resume')).json()).toEqual({ ok: true });
  await changeHead(tiny, 'two', finished);
  expect((await post('/api/runs/two/probes', { kinds: ['linear'] })).status).toBe(202);
  expect(tiny.subjects()).toContain('unlabel.probe.run.two.10.linear');
});

test('experiments are started, listed, shown and tabled', async () => {
  const file = experimentFileSchema.parse({ kind: 'experiment', version: 1, title: 'T', runs: [{ recipe: 'tiny' }] });
  const answer = await post('/api/experiments', { name: 'mine', file, dataset: 'pets' });
  expect(answer.status).toBe(202);
  const { experiment } = experimentStartedSchema.parse(await answer.json());
  expect(experimentSummarySchema.array().parse(await get('/api/experiments'))).toHaveLength(1);
  expect(experimentDetailSchema.parse(await get(`/api/experiments/${experiment}`)).runs).toHaveLength(1);
  expect(comparisonSchema.parse(await get(`/api/compare?experiment=${experiment}`)).rows).toHaveLength(1);
  const { runs: _, ...empty } = file;
  expect(
    await refused(post('/api/experiments', { name: 'mine', file: { ...empty, runs: [] }, dataset: 'pets' }), 400),
  ).toMatchObject({ field: 'file.runs' });
  expect(await refused(app.request('/api/experiments/nine'), 400)).toMatchObject({ field: 'experiment' });
});

test('a measurement tells how far it is, and one of an unknown kind is refused', async () => {
  await changeHead(tiny, 'one', finished);
  const asked = await post('/api/runs/one/probes', { kinds: ['knn'], split: 'tune', again: true });
  expect(await asked.json()).toEqual({ probes: [{ step: 10, kind: 'knn', split: 'tune' }] });
  expect(probeStatusSchema.parse(await get('/api/runs/one/probes/10/knn?split=tune'))).toMatchObject({
    state: 'measuring',
    result: null,
  });
  await refused(app.request('/api/runs/one/probes/10/kn'), 400);
  await refused(post('/api/runs/one/probes', { checkpoint: 'first' }), 400);
});

test('an ingest is started with defaults filled in', async () => {
  const answer = await post('/api/datasets', { dataset: 'birds', options: { sources: ['/birds'] } });
  expect(answer.status).toBe(202);
  expect(await tiny.control.datasets.newestRequest('birds')).toMatchObject({ options: { holdout: 0.1, tune: 0.05 } });
});

describe('with many pages open', () => {
  const close = new AbortController();
  beforeEach(async () => {
    for (let page = 0; page < 50; page++)
      await app.request(new Request('http://localhost/api/events', { signal: close.signal }));
  });
  afterAll(() => close.abort());

  test('a run reads as its caller left it', async () => {
    const wanted = async () => runDetailSchema.parse(await get('/api/runs/one')).head.wanted;
    expect(await wanted()).toBe('run');
    expect((await post('/api/runs/one/stop')).status).toBe(200);
    expect(await wanted()).toBe('stop');
  });

  test('they share an answer until an event tells that a run changed', async () => {
    const state = async () => runDetailSchema.parse(await get('/api/runs/one')).head.state;
    expect(await state()).toBe('queued');
    await changeHead(tiny, 'one', { state: 'running' });
    tiny.control.receive({ version: 1, type: 'block-ready', viewsHash: 'a'.repeat(64), epoch: 0, block: 0 });
    expect(await state()).toBe('queued');
    tiny.control.receive({ version: 1, type: 'run-state', run: 'one', state: 'running', step: 0, reason: null });
    expect(await state()).toBe('running');
  });
});

test('events are sent as they arrive, to every listener, until it leaves', async () => {
  const leave = new AbortController();
  const open = () => app.request(new Request('http://localhost/api/events', { signal: leave.signal }));
  const readers = [await open(), await open()].map((answer) => {
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    return (answer.body as ReadableStream<Uint8Array>).getReader();
  });
  const event = { version: 1, type: 'run-state', run: 'one', state: 'running', step: 0, reason: null } as const;
  await new Promise((resolve) => setTimeout(resolve, 10));
  tiny.control.receive(event);
  for (const reader of readers) {
    const text = new TextDecoder().decode((await reader.read()).value);
    expect(eventSchema.parse(JSON.parse(text.replace(/^data: /, '')))).toEqual(event);
    await reader.cancel();
  }
  leave.abort();
});
