import { expect, test } from 'vitest';

import { FormatError, type Shard, sha256Text } from '#lib/contracts';

import { requireShard } from './require-shard.ts';

const key = 'shards/abc.tar';
const shard = (content: string): Shard => ({
  key,
  sha256: sha256Text(content),
  split: 'train',
  samples: 1,
  sizeBytes: 3,
});
const source = (content?: string) => ({
  store: {
    get: async () => (content === undefined ? undefined : { bytes: new TextEncoder().encode(content) }),
    describe: () => 'memory:',
  },
  sha256: (bytes: Uint8Array) => sha256Text(new TextDecoder().decode(bytes)),
});

test('a shard of the digest that the index gives is its bytes', async () => {
  expect(new TextDecoder().decode(await requireShard(source('abc'), shard('abc')))).toBe('abc');
});

test('one of other bytes is refused by key and both digests, one that is gone by key and store, with what to do', async () => {
  const refused = async (content?: string) =>
    requireShard(source(content), shard('abd')).catch((error: unknown) => error);
  const [altered, gone] = [await refused('abc'), await refused()];
  for (const error of [altered, gone]) expect(error).toBeInstanceOf(FormatError);
  expect(altered).toMatchObject({
    message: `${key}: truncated or altered: expected sha256 ${sha256Text('abd')}, found ${sha256Text('abc')} (3 bytes)`,
    remedy: expect.stringContaining('ingest the same images again'),
  });
  expect(gone).toMatchObject({
    message: `${key} is in the index but not in memory:`,
    remedy: expect.stringContaining('ingest the same images again'),
  });
});
