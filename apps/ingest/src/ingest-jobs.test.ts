import { appendFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { FormatError, keys, UsageError } from '#lib/contracts';
import { encodeJpeg } from '#lib/images';
import { readLargeShard } from '#lib/shards';
import { openFileStore, type StoredObject } from '#lib/storage';
import { temporaryFolder } from '#lib/testing';

import { animatedGif, cmykJpeg, picture, png16, pngBomb } from './fixtures/pictures.ts';
import { classFiles, type Files, writeFolder, writeTar } from './fixtures/source.ts';
import { dataset, TestStage } from './fixtures/stage.ts';
import { doIngestJob, resultKey } from './ingest-jobs.ts';

let files: Files;
beforeAll(async () => void (files = await classFiles({ cat: 12, dog: 8 })));

describe('from a source to a dataset', () => {
  test('a folder becomes shards with pixels, classes and ids, then an index under its content hash', async () => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, files);
    const stage = new TestStage();
    const { index } = await stage.ingest({ sources: [folder.path], holdout: 0.25, tune: 0.2 });
    expect(index.images).toEqual({ kind: 'small', width: 8, height: 8 });
    expect(index.classes.map(({ name }) => name)).toEqual(['cat', 'dog']);
    expect(index.splits).toEqual({ train: 13, tune: 2, eval: 5 });
    expect(index.classCounts).toEqual({ train: [8, 5], tune: [1, 1], eval: [3, 2] });
    expect(index.setAside).toEqual({ count: 0, first: [] });
    const [shard] = await stage.shards(index, 'train');
    expect(shard?.ids).toHaveLength(13);
    shard?.ids.forEach((id, row) => expect(shard.classes[row]).toBe(id.startsWith('cat') ? 0 : 1));
    const types = stage.events.map(({ type }) => type);
    expect(types).toEqual(['ingest-planned', 'ingest-part', 'ingest-part', 'ingest-part', 'dataset-ready']);
  });

  test('pixels are those of the file', async () => {
    await using folder = await temporaryFolder();
    const red = await encodeJpeg({ width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(77) });
    await writeFolder(folder.path, { 'a.jpg': red });
    const stage = new TestStage();
    const { index } = await stage.ingest({ sources: [folder.path] });
    expect(index.classes).toEqual([]);
    const [shard] = await stage.shards(index, 'train');
    expect([...(shard?.classes ?? [])]).toEqual([-1]);
    expect([...(shard?.images ?? [])]).toEqual(new Array(48).fill(77));
  });

  test('folder, tar and two independent ingests give one content hash and the same bytes', async () => {
    await using folder = await temporaryFolder();
    const source = await writeFolder(join(folder.path, 'source'), files);
    const tar = await writeTar(join(folder.path, 's.tar'), files, './');
    const options = { holdout: 0.25, tune: 0.2 };
    const [one, two, three] = [new TestStage(), new TestStage(), new TestStage(openFileStore(join(folder.path, 'o')))];
    const first = await one.ingest({ sources: [source], ...options });
    const second = await two.ingest({ sources: [source], ...options });
    const third = await three.ingest({ sources: [tar], ...options });
    expect(second.planHash).toBe(first.planHash);
    expect(third.planHash).not.toBe(first.planHash);
    expect([second.contentHash, third.contentHash]).toEqual([first.contentHash, first.contentHash]);
    for (const { key } of first.index.shards) {
      const bytes = (await one.store.get(key))?.bytes;
      expect((await two.store.get(key))?.bytes).toEqual(bytes);
      expect((await three.store.get(key))?.bytes).toEqual(bytes);
    }
  });

  test('a shard that was altered, cut short or deleted is made anew when the same images are ingested again', async () => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, files);
    const stage = new TestStage();
    const options = { sources: [folder.path], holdout: 0.25, tune: 0.2 };
    const { index, contentHash } = await stage.ingest(options);
    const good = await Promise.all(index.shards.map(({ key }) => stage.store.get(key)));
    for (const [i, { key }] of index.shards.entries()) {
      const { bytes, version } = good[i] as StoredObject;
      const altered = i === 0 ? bytes.slice(0, -1) : bytes.with(40, 1 ^ (bytes[40] as number));
      if (i < 2) await stage.store.replace(key, altered, version);
      else await stage.store.delete(key);
    }
    expect((await stage.ingest(options)).contentHash).toBe(contentHash);
    for (const [i, { key }] of index.shards.entries())
      expect((await stage.store.get(key))?.bytes).toEqual(good[i]?.bytes);
  });

  test('images of many sizes are stored as their own files; size makes squares of them', async () => {
    await using folder = await temporaryFolder();
    const mixed = { 'a/1.png': await picture(1, 8), 'a/2.png': await picture(2, 20), 'b/3.png': await picture(3, 9) };
    await writeFolder(folder.path, mixed);
    const stage = new TestStage();
    const { index } = await stage.ingest({ sources: [folder.path] });
    expect(index.images).toEqual({ kind: 'large' });
    const entries = await readLargeShard((await stage.store.get(index.shards[0]?.key ?? ''))?.bytes ?? Buffer.alloc(0));
    expect(Object.fromEntries(entries.map(({ id, bytes }) => [id, Buffer.from(bytes)]))).toEqual(
      Object.fromEntries(Object.entries(mixed).map(([id, bytes]) => [id, Buffer.from(bytes)])),
    );
    const squares = await new TestStage().ingest({ sources: [folder.path], size: 6 });
    expect(squares.index.images).toEqual({ kind: 'small', width: 6, height: 6 });
    expect(squares.index.splits.train).toBe(3);
  });

  test('an eval source is the eval split', async () => {
    await using folder = await temporaryFolder();
    const train = await writeFolder(join(folder.path, 'train'), files);
    const evaluation = await writeFolder(join(folder.path, 'val'), await classFiles({ cat: 2, dog: 3 }));
    const { index } = await new TestStage().ingest({ sources: [train], evalSource: evaluation, holdout: 0.5 });
    expect(index.splits).toEqual({ train: 20, tune: 0, eval: 5 });
    expect(index.classCounts.eval).toEqual([2, 3]);
  });
});

describe('bad images', () => {
  test('are set aside by name and reason, unusual good ones are taken', async () => {
    await using folder = await temporaryFolder();
    const gray = await encodeJpeg({ width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(50) });
    const jpeg = await encodeJpeg({
      width: 8,
      height: 8,
      data: Uint8Array.from({ length: 192 }, (_, i) => (i * 89) % 256),
    });
    await writeFolder(folder.path, {
      ...files,
      'cat/cmyk.jpg': cmykJpeg,
      'cat/gray.jpg': gray,
      'cat/deep.png': png16(8, 0x6464),
      'cat/moving.gif': animatedGif,
      'cat/more.png': await picture(98),
      'dog/half.jpg': jpeg.subarray(0, jpeg.length >> 1),
      'dog/text.jpg': Buffer.from('this is only text'),
      'dog/empty.png': Buffer.alloc(0),
      'dog/bomb.png': pngBomb(20_000),
      'dog/other.png': await picture(99, 9),
    });
    const stage = new TestStage();
    const { index } = await stage.ingest({ sources: [folder.path] });
    expect(index.setAside.first.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
      expect.stringMatching('^dog/bomb.png: 20,000 × 20,000 pixels is over the limit of 50,000,000 pixels'),
      expect.stringMatching('^dog/empty.png: not an image'),
      expect.stringMatching('^dog/half.jpg: cut short'),
      expect.stringMatching('^dog/other.png: is 9 × 9, the other images are 8 × 8'),
      expect.stringMatching('^dog/text.jpg: not an image'),
    ]);
    expect(index.splits.train).toBe(25);
    const [shard] = await stage.shards(index, 'train');
    const first = (id: string) => {
      const at = (shard?.ids.indexOf(id) ?? -1) * 192;
      return [...(shard?.images.subarray(at, at + 3) ?? [])];
    };
    expect(first('cat/deep.png')).toEqual([100, 100, 100]);
    expect(first('cat/moving.gif')).toEqual([255, 0, 0]);
    expect(first('cat/gray.jpg')).toEqual([50, 50, 50]);
    const [red, , blue] = first('cat/cmyk.jpg');
    expect(red).toBeGreaterThan(150);
    expect(blue).toBeLessThan(100);
  });

  test('of a tar are set aside too, with the members that lead out of it', async () => {
    await using folder = await temporaryFolder();
    const bad = { '../escape.png': await picture(1), 'cat/bad.png': Buffer.from('text') };
    const tar = await writeTar(join(folder.path, 's.tar'), { ...files, ...bad });
    const { index } = await new TestStage().ingest({ sources: [tar] });
    expect(index.splits.train).toBe(20);
    expect(index.setAside.first.map(({ id }) => id)).toEqual(['../escape.png', 'cat/bad.png']);
  });

  test('a source in which no image can be read is refused', async () => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, { 'a/1.png': Buffer.from('text'), 'b/2.png': Buffer.from('text') });
    const stage = new TestStage();
    await expect(stage.ingest({ sources: [folder.path] })).rejects.toThrow('none of the images looked at');
    await expect(stage.ingest({ sources: [folder.path], size: 8 })).rejects.toThrow(FormatError);
    await expect(stage.ingest({ sources: [folder.path], size: 8 })).rejects.toThrow(
      'no image of train could be read; the first: a/1.png: not an image',
    );
  });
});

describe('a source that goes away', () => {
  test('before planning is refused', async () => {
    const stage = new TestStage();
    await expect(stage.ingest({ sources: ['/no/such/folder'] })).rejects.toThrow(UsageError);
  });

  test('after planning ends its part; when it is back, the next ingest makes the missing part', async () => {
    await using folder = await temporaryFolder();
    const source = await writeFolder(join(folder.path, 'source'), files);
    const away = join(folder.path, 'away');
    const stage = new TestStage();
    const planHash = await stage.plan(await stage.ask({ sources: [source], holdout: 0.25 }));
    const [train, evaluation] = stage.jobs.splice(0);
    if (!train || !evaluation) throw new Error('two parts were expected');
    await doIngestJob(stage, evaluation, () => undefined);
    await rename(source, away);
    await expect(doIngestJob(stage, train, () => undefined)).rejects.toThrow(UsageError);
    await expect(doIngestJob(stage, train, () => undefined)).rejects.toThrow('is gone');
    const mark = keys.failedMark(resultKey(train));
    await stage.store.create(mark, Buffer.from('{}')); // as the bus does for a dead letter
    await rename(away, source);
    expect(await stage.plan(await stage.ask({ sources: [source], holdout: 0.25 }))).toBe(planHash);
    expect(stage.jobs.map(({ part }) => part)).toEqual([train.part]);
    expect(await stage.store.head(mark)).toBeUndefined();
    await stage.doParts();
    expect((await stage.ready()).index.splits).toEqual({ train: 15, tune: 0, eval: 5 });
  });

  test.each([
    ['changed', (file: string) => utimes(file, 1, 1), 'was changed since the source was listed'],
    ['shorter', shorten, 'bytes are left since the source was listed'],
  ])('a file that is %s after planning ends its part', async (_name, change, message) => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, files);
    const file = join(folder.path, 'cat/003.png');
    await utimes(file, 1000, 1000);
    const stage = new TestStage();
    await stage.plan(await stage.ask({ sources: [folder.path] }));
    await change(file);
    await expect(stage.doParts()).rejects.toThrow(message);
  });
});

async function shorten(file: string): Promise<void> {
  await writeFile(file, 'x');
  await utimes(file, 1000, 1000);
}

describe('doing it again', () => {
  test('the same request plans nothing anew and writes nothing', async () => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, files);
    const stage = new TestStage();
    const request = await stage.ask({ sources: [folder.path], holdout: 0.25 });
    const planHash = await stage.plan(request);
    await stage.doParts();
    const { contentHash } = await stage.ready();
    stage.written.length = 0;
    await rm(join(folder.path, 'cat'), { recursive: true }); // the source isn't looked at again
    expect(await stage.plan(request)).toBe(planHash);
    expect(stage.jobs).toEqual([]);
    expect(stage.written).toEqual([]);
    expect((await stage.ready()).contentHash).toBe(contentHash);
  });

  test('another request of the same source gives the same plan and index, and no part is made twice', async () => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, files);
    const stage = new TestStage();
    const first = await stage.ingest({ sources: [folder.path], holdout: 0.25 });
    stage.written.length = 0;
    const second = await stage.ingest({ sources: [folder.path], holdout: 0.25 });
    expect([second.planHash, second.contentHash]).toEqual([first.planHash, first.contentHash]);
    expect(stage.written).toEqual([keys.ingestRequest(dataset, 'r002'), keys.ingestPlanned(dataset, 'r002')]);
  });

  test('only missing parts are asked for after half of them were made; marks beside them count for nothing', async () => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, await classFiles({ cat: 60, dog: 60 }, 256));
    const stage = new TestStage();
    const request = await stage.ask({ sources: [folder.path], holdout: 0.25, size: 256 });
    const planHash = await stage.plan(request);
    const count = stage.jobs.length;
    expect(count).toBeGreaterThan(5);
    await stage.doParts(3);
    for (const { part } of stage.jobs)
      await stage.store.create(`datasets/${dataset}/parts/${planHash}/0000${part}.strike-1.json`, Buffer.from('{}'));
    const rest = stage.jobs.splice(0).map(({ part }) => part);
    await stage.plan(request);
    expect(stage.jobs.map(({ part }) => part)).toEqual(rest);
    expect(rest).toHaveLength(count - 3);
    expect(stage.events.some(({ type }) => type === 'dataset-ready')).toBe(false);
    await stage.doParts();
    expect((await stage.ready()).index.splits).toEqual({ train: 90, tune: 0, eval: 30 });
  });

  test('a part delivered again is not computed again, but completes the dataset', async () => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, files);
    const stage = new TestStage();
    await stage.plan(await stage.ask({ sources: [folder.path] }));
    const [job] = stage.jobs;
    if (!job) throw new Error('a part was expected');
    await doIngestJob(stage, job, () => undefined);
    stage.events.length = 0;
    await rm(folder.path, { recursive: true });
    let steps = 0;
    await doIngestJob(stage, job, () => void steps++);
    expect(steps).toBe(0);
    expect(stage.events.map(({ type }) => type)).toEqual(['ingest-part', 'dataset-ready']);
  });

  test('a changed source gives another plan', async () => {
    await using folder = await temporaryFolder();
    await writeFolder(folder.path, files);
    const stage = new TestStage();
    const first = await stage.ingest({ sources: [folder.path] });
    await appendFile(join(folder.path, 'cat/new.png'), await picture(500));
    const second = await stage.ingest({ sources: [folder.path] });
    expect(second.planHash).not.toBe(first.planHash);
    expect(second.contentHash).not.toBe(first.contentHash);
    expect(second.index.splits.train).toBe(21);
  });
});
