import { beforeEach, expect, test } from 'vitest';

import { keys, nothingAbout, runAboutSchema, runSummarySchema, UsageError } from '#lib/contracts';
import { type ObjectStore, openMemoryStore } from '#lib/storage';

import { putDataset, tinyControl, type TinyControl } from './control.fixture.ts';
import { apiRoutes } from './routes.ts';
import { changeAbout, readAbout } from './run-about.ts';

let tiny: TinyControl;
let app: ReturnType<typeof apiRoutes>;
beforeEach(async () => {
  tiny = tinyControl();
  app = apiRoutes(tiny.control, async (_, next) => next());
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
});

const at = '/api/runs/one/about';
const patch = (body: unknown, path = at) =>
  app.request(path, {
    method: 'PATCH',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

test('nothing is said of a run at first; what is said is shown with it and in the list', async () => {
  expect(runAboutSchema.parse(await (await app.request(at)).json())).toEqual(nothingAbout);
  const said = { title: 'Wide projector', tags: ['paper', 'wide'], notes: 'Looks stable.\nAgain with seed 2?' };
  expect(await (await patch(said)).json()).toEqual({ ...nothingAbout, ...said });
  const [summary] = runSummarySchema.array().parse(await (await app.request('/api/runs')).json());
  expect(summary?.about).toEqual(said);
  expect((await tiny.control.runs.detail('one')).summary.about).toEqual(said);
});

test('what a change leaves out stays; null takes the title away; tags lose repetitions, spaces at their ends, and keep their order', async () => {
  await patch({ title: 'A', notes: 'n' });
  expect(await (await patch({ tags: ['b', ' a ', 'b'] })).json()).toMatchObject({ title: 'A', tags: ['b', 'a'] });
  expect(await (await patch({ title: null })).json()).toMatchObject({ title: null, tags: ['b', 'a'], notes: 'n' });
});

test.each([
  [{ titel: 'x' }, 'titel'],
  [{ title: '' }, 'title'],
  [{ title: 'x'.repeat(121) }, 'title'],
  [{ tags: 'paper' }, 'tags'],
  [{ tags: [''] }, 'tags'],
  [{ notes: 'x'.repeat(20_001) }, 'notes'],
])('%j is refused by its field', async (body, field) => {
  const answer = await patch(body);
  expect(answer.status).toBe(400);
  expect(((await answer.json()) as { error: string }).error).toContain(field);
  expect(await readAbout(tiny.store, 'one')).toEqual(nothingAbout);
});

test('of a run that does not exist nothing can be said', async () => {
  await expect(tiny.control.runs.changeAbout('onne', { title: 'x' })).rejects.toThrow(UsageError);
  expect(await tiny.store.head(keys.runAbout('onne'))).toBeUndefined();
  expect((await patch({ title: 'x' }, '/api/runs/onne/about')).status).toBe(400);
});

test('changes of different parts at the same time both get through', async () => {
  const store = openMemoryStore();
  let meanwhile: (() => Promise<unknown>) | undefined = () => changeAbout(store, 'one', { tags: ['first'] });
  const racing: Pick<ObjectStore, 'get' | 'replace'> = {
    get: (key) => store.get(key),
    async replace(key, bytes, version) {
      const other = meanwhile;
      meanwhile = undefined;
      await other?.();
      return store.replace(key, bytes, version);
    },
  };
  const changed = await changeAbout(racing, 'one', { title: 'second' });
  expect(changed).toMatchObject({ title: 'second', tags: ['first'] });
  expect(await readAbout(store, 'one')).toEqual(changed);
});

test('what was said of a run goes with it, also where it was said while the run was removed', async () => {
  await patch({ title: 'A' });
  await tiny.control.removal.remove('one');
  expect(await tiny.store.head(keys.runAbout('one'))).toBeUndefined();
  await changeAbout(tiny.store, 'one', { title: 'late' });
  await tiny.control.reconciler.all();
  expect(await tiny.store.head(keys.runAbout('one'))).toBeUndefined();
});
