import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { cacheFolder, freeBytes, requireSpace, writeAtomic } from './cache.mjs';
import { neededParts, readReady, setupKey, writeReady } from './ready.mjs';

const repository = join(import.meta.dirname, '..', '..');

test('the cache is UNLABEL_CACHE, else in XDG_CACHE_HOME, else in the home', () => {
  expect(cacheFolder({ UNLABEL_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/c');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/x/unlabel');
  expect(cacheFolder({ HOME: '/h' })).toBe('/h/.cache/unlabel');
});

test('too little space names the need, the folder and what is free', () => {
  expect(() => requireSpace('/cache', 1.6e9, 'TensorFlow for the CPU', () => 4e8)).toThrow(
    'the disk is too full: TensorFlow for the CPU needs 1.6 GB in /cache, 0.4 GB are free',
  );
  expect(() => requireSpace('/cache', 1.6e9, 'TensorFlow for the CPU', () => 2e9)).not.toThrow();
});

test('free space is that of the nearest folder that exists', () => {
  expect(freeBytes('/nowhere/at/all')).toBeGreaterThan(0);
});

test('a part counts as in place while its files have their sizes and the settings are the same', () => {
  const root = mkdtempSync(join(tmpdir(), 'unlabel-ready-'));
  const [kept, changed] = [join(root, 'kept'), join(root, 'changed')];
  writeAtomic(kept, '1234');
  writeAtomic(changed, '1234');
  const parts = { a: { files: { [kept]: 4 }, env: { A: kept } }, b: { files: { [changed]: 4 }, env: {} } };
  expect(readReady(root, 'key')).toEqual({});
  writeReady(root, 'key', parts);
  expect(readReady(root, 'key')).toEqual(parts);
  expect(readReady(root, 'other key')).toEqual({});
  writeFileSync(changed, '12345');
  expect(readReady(root, 'key')).toEqual({ a: parts.a });
  expect(readFileSync(kept, 'utf8')).toBe('1234');
  expect(readdirSync(root).filter((name) => name.includes('.tmp-'))).toEqual([]);
  rmSync(root, { recursive: true });
});

test('another cache or device is another set-up', () => {
  const none = () => false;
  const keys = [{}, { UNLABEL_CACHE: '/c' }, { UNLABEL_DEVICE: 'gpu' }].map((env) =>
    setupKey(repository, { HOME: '/h', ...env }, none),
  );
  expect(new Set(keys).size).toBe(3);
  expect(setupKey(repository, { HOME: '/h', PATH: '/bin' }, none)).toBe(keys[0]);
});

test("tests need the S3 server, runs don't, and what the environment names is not fetched", () => {
  expect(neededParts('demo', {})).toEqual(['engine', 'nats-server']);
  expect(neededParts('test', {})).toEqual(['engine', 'nats-server', 'weed']);
  expect(neededParts('test', { UNLABEL_NATS_SERVER: '/n', UNLABEL_WEED: '/w' })).toEqual(['engine']);
});
