import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { UnlabelError } from '#lib/contracts';

import { checkPrefix } from './keys.ts';
import { openMemoryStore } from './memory.ts';
import { type ObjectStore } from './object-store.ts';
import { openStore } from './open-store.ts';
import { probeKey, probeStore } from './probe.ts';
import { sha256 } from './sha256.ts';

describe('openStore', () => {
  test('opens a folder and a bucket with a prefix', () => {
    expect(openStore('file:///tmp/a%20b').describe()).toBe('file:///tmp/a%20b');
    expect(openStore('s3://bucket').describe()).toBe('s3://bucket');
    expect(openStore('s3://bucket/some/prefix/').describe()).toBe('s3://bucket/some/prefix');
  });

  test.each([
    ['gs://bucket/a', /unknown scheme gs:, allowed are file: and s3:/],
    ['/tmp/a', /is not a URL/],
    ['file:///', /names no absolute folder/],
    ['file://host/a', /names no absolute folder/],
    ['s3://Bucket_1/a', /is no bucket name/],
    ['s3://bucket/a//b', /component "" is not allowed/],
    ['s3://key:secret@bucket/a', /has credentials/],
  ])('refuses %s', (url, message) => {
    expect(() => openStore(url)).toThrow(message);
    expect(() => openStore(url)).toThrow(expect.objectContaining({ remedy: expect.any(String) as string }));
  });

  test('does not repeat a secret that stood in the URL', () => {
    expect(() => openStore('s3://key:secret@bucket/a')).toThrow(/^(?!.*secret)/);
  });
});

describe('probeStore', () => {
  test('removes what a probe left that was killed over ten minutes ago, and nothing younger', async () => {
    const store = openMemoryStore();
    const young = probeKey();
    for (const key of ['storage-probes/1000-old', young, 'elsewhere/1000-old'])
      await store.create(key, new Uint8Array());
    await probeStore(store);
    const left: string[] = [];
    for await (const { key } of store.list('')) left.push(key);
    expect(left).toEqual(['elsewhere/1000-old', young]);
  });

  const memory = openMemoryStore();
  const broken: Record<string, [Partial<ObjectStore>, RegExp]> = {
    'lets two creators win': [
      { create: async (key, bytes) => (await memory.create(key, bytes), 'created') },
      /creators of one object won/,
    ],
    'lets none win': [{ create: async () => 'exists' }, /0 of 4 concurrent creators/],
    'ignores the version of a replacement': [
      { replace: async (key, bytes) => memory.replace(key, bytes, (await memory.head(key))?.version) },
      /replaced an object that was to be created/,
    ],
    'refuses every replacement': [{ replace: async () => undefined }, /refused to replace the version that is there/],
    'does not list': [{ async *list() {} }, /is listed 0 times/],
    'reads other bytes': [{ get: async () => ({ bytes: new Uint8Array(3), version: '1' }) }, /bytes of the creator/],
  };
  test.each(Object.keys(broken))('finds a store that %s, and names it', async (name) => {
    const [methods, message] = broken[name] ?? [{}, /^$/];
    const verdict = probeStore({ ...memory, describe: () => 's3://a/b', ...methods });
    await expect(verdict).rejects.toThrow(message);
    await expect(verdict).rejects.toThrow(/^storage s3:\/\/a\/b: /);
    await expect(verdict).rejects.toBeInstanceOf(UnlabelError);
  });
});

test('a prefix may end within a component, but not leave its folder', () => {
  for (const prefix of ['', 'a', 'a/', 'a/b-', 'a/b.json']) checkPrefix(prefix);
  for (const prefix of ['/', 'a//', '../a', 'a/../b', 'a@'])
    expect(() => checkPrefix(prefix)).toThrow(/is not the start/);
});

test('sha256 agrees with the published digest of "abc"', () => {
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(sha256(new TextEncoder().encode('abc'))).toBe(digest);
  expect(sha256(Buffer.from('xabcx').subarray(1, 4))).toBe(createHash('sha256').update('abc').digest('hex'));
});
