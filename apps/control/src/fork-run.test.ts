import { beforeEach, expect, test } from 'vitest';

import { canonicalJson, type CheckpointManifest, checkpointManifestSchema, hashJson, keys } from '#lib/contracts';
import { requireJson, sha256 } from '#lib/storage';

import {
  changeHead,
  finished,
  putDataset,
  storedHead,
  tinyControl,
  type TinyControl,
  tinyModel,
} from './control.fixture.ts';

let tiny: TinyControl;
const model = new Uint8Array([1, 2, 3]);
const folder = keys.checkpoint('parent', 5, 1);
const entry = { step: 5, cursor: { epoch: 1, batch: 0 }, kind: 'final' as const, folder, sizeBytes: 3 };

beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'parent' });
  const manifest: CheckpointManifest = {
    format: 'unlabel.checkpoint',
    version: 1,
    specHash: hashJson(await tiny.control.runs.spec('parent')),
    step: 5,
    cursor: entry.cursor,
    seed: 1,
    stopper: { epochLossSum: 3, epochLossCount: 5, rules: [], reason: 'it was enough' },
    ended: 'early-stopping',
    files: [{ name: 'model.safetensors', sha256: sha256(model), sizeBytes: 3 }],
  };
  await tiny.store.create(keys.checkpointFile(folder, 'model.safetensors'), model);
  await tiny.store.create(
    keys.checkpointFile(folder, 'manifest.json'),
    new TextEncoder().encode(canonicalJson(manifest)),
  );
  await changeHead(tiny, 'parent', { ...finished, checkpoints: [entry] });
  tiny.published.length = 0;
});
const fork = (changes: Record<string, string>, more: object = {}) =>
  tiny.control.forks.fork('parent', { changes, checkpoint: 'last', run: 'child', ...more });

test('a fork goes on from a copy of the checkpoint, which belongs to its own spec and knows of no end', async () => {
  const { run, notes } = await fork({ epochs: '6', 'learningRate.base': '0.01' });
  expect(run).toBe('child');
  expect(notes[0]).toBe('it goes on from step 5 of parent');
  const spec = await tiny.control.runs.spec('child');
  expect(spec).toMatchObject({ epochs: 6, learningRate: { base: 0.01 }, batch: 8, recipe: 'tiny' });
  const head = await storedHead(tiny, 'child');
  const own = keys.checkpoint('child', 5, 0);
  expect(head).toMatchObject({ state: 'queued', attempt: 0, checkpoints: [{ ...entry, kind: 'fixed', folder: own }] });
  const manifest = await requireJson(tiny.store, keys.checkpointFile(own, 'manifest.json'), checkpointManifestSchema);
  expect(manifest).toMatchObject({ specHash: hashJson(spec), step: 5, cursor: entry.cursor, ended: null });
  expect(manifest.stopper).toMatchObject({ reason: null, epochLossSum: 0 });
  expect((await tiny.store.get(keys.checkpointFile(own, 'model.safetensors')))?.bytes).toEqual(model);
  expect((await tiny.control.runs.detail('child')).model).toEqual(tinyModel);
  expect(tiny.subjects()).toEqual(['unlabel.pretrain.simsiam.child']);
});

test('a checkpoint that is pruned while it is copied gives way to the newer one, and nothing of it stays', async () => {
  const newer = { ...entry, step: 10, cursor: { epoch: 2, batch: 0 }, folder: keys.checkpoint('parent', 10, 1) };
  const manifestKey = (of: string) => keys.checkpointFile(of, 'manifest.json');
  const manifest = await requireJson(tiny.store, manifestKey(folder), checkpointManifestSchema);
  const bytes = new TextEncoder().encode(canonicalJson({ ...manifest, step: 10, cursor: newer.cursor }));
  await tiny.store.create(manifestKey(newer.folder), bytes);
  await tiny.store.create(keys.checkpointFile(newer.folder, 'model.safetensors'), model);
  const { admit } = tiny.control.runs;
  tiny.control.runs.admit = async (specs) => {
    const admitted = await admit.call(tiny.control.runs, specs);
    await changeHead(tiny, 'parent', { ...finished, checkpoints: [newer] });
    await tiny.store.delete(keys.checkpointFile(folder, 'model.safetensors'));
    return admitted;
  };
  expect((await fork({ epochs: '12' })).notes[0]).toBe('it goes on from step 10 of parent');
  expect((await storedHead(tiny, 'child')).checkpoints).toMatchObject([{ step: 10 }]);
  const left: string[] = [];
  for await (const { key } of tiny.store.list(`${keys.checkpoint('child', 5, 0)}/`)) left.push(key);
  expect(left).toEqual([]);
});

test('a checkpoint whose files are gone and that none followed is refused', async () => {
  await tiny.store.delete(keys.checkpointFile(folder, 'model.safetensors'));
  await expect(fork({ epochs: '6' })).rejects.toThrow('is not complete');
});

test('the parent can be removed, and the fork goes on', async () => {
  await fork({ epochs: '6' });
  await tiny.control.removal.remove('parent');
  const own = keys.checkpointFile(keys.checkpoint('child', 5, 0), 'model.safetensors');
  expect((await tiny.store.get(own))?.bytes).toEqual(model);
});

test.each([
  [{ batch: '4', epochs: '6' }, 'batch: a fork keeps it'],
  [{ projectorWidth: '8', epochs: '6' }, 'method: a fork keeps it'],
  [{ seed: '2', epochs: '6' }, 'seed: a fork keeps it'],
  [{ 'optimiser.name': 'adamw', epochs: '6' }, 'optimiser.name: a fork keeps it'],
  [{ epochs: '1' }, 'the checkpoint is of step 5, and the fork would end at step 5'],
])('refuses %j by field, and leaves nothing behind', async (changes, message) => {
  await expect(fork(changes as Record<string, string>)).rejects.toThrow(message);
  const left: string[] = [];
  for await (const { key } of tiny.store.list('runs/child/')) left.push(key);
  expect(left).toEqual([]);
});

test('refuses a checkpoint that is not there, and an id that is taken', async () => {
  await expect(fork({ epochs: '6' }, { checkpoint: 7 })).rejects.toThrow('has no checkpoint of step 7');
  await expect(fork({ epochs: '6' }, { checkpoint: 'best' })).rejects.toThrow('none is known as the best');
  await fork({ epochs: '6' });
  await expect(fork({ epochs: '6' })).rejects.toThrow('run child exists already');
});
