import { join } from 'node:path';

import { z } from 'zod';

import { keys } from '#lib/contracts';
import { encodeJpeg } from '#lib/images';
import {
  readLargeShard,
  readSmallShard,
  readViewBlock,
  samplesPerBlock,
  samplesPerSmallShard,
  writeLargeShard,
  writeSmallShard,
  writeViewBlock,
} from '#lib/shards';
import { openFileStore, type ObjectStore, sha256 } from '#lib/storage';
import { patternImage } from '#lib/testing';

import { defineBench } from '../bench.ts';
import { countFlag } from '../flag-schemas.ts';
import { median } from '../measuring/median.ts';
import { tableOf } from '../report/report.ts';

interface Kind {
  name: string;
  bytes: Uint8Array;
  /** whoever reads it checks its hash first */
  isVerified: boolean;
  parse(bytes: Uint8Array): unknown;
}

const [smallSide, largeSide] = [32, 224];
const pixels = (side: number, index: number) => patternImage({ label: index % 10, index, size: side, seed: 1 });
/** Large shards and their pictures: distinct ones are few, since making them takes longer than reading. */
const [largeSamples, distinct] = [800, 40];

async function makeKinds(): Promise<Kind[]> {
  const small = { height: smallSide, width: smallSide, channels: 3 };
  const smallSamples = samplesPerSmallShard(small);
  const entries = Array.from({ length: smallSamples }, (_, i) => ({
    id: `${i}`,
    class: i % 10,
    bytes: pixels(smallSide, i % 500),
  }));
  const jpegs = await Promise.all(
    Array.from({ length: distinct }, (_, i) =>
      encodeJpeg({ width: largeSide, height: largeSide, data: pixels(largeSide, i) }),
    ),
  );
  const files = Array.from({ length: largeSamples }, (_, i) => ({
    id: `${i}`,
    class: i % 10,
    bytes: jpegs[i % distinct] as Uint8Array,
  }));
  return [
    {
      name: `small shard, ${smallSide} px`,
      bytes: writeSmallShard({ ...small, entries }),
      isVerified: true,
      parse: readSmallShard,
    },
    {
      name: `large shard, JPEG ${largeSide} px`,
      bytes: await writeLargeShard(files),
      isVerified: true,
      parse: readLargeShard,
    },
    { name: `view block, 2 × ${smallSide} px`, bytes: block(smallSide, 2), isVerified: false, parse: readViewBlock },
    { name: `view block, 2 × ${largeSide} px`, bytes: block(largeSide, 2), isVerified: false, parse: readViewBlock },
  ];
}

function block(side: number, count: number): Uint8Array {
  const size = { height: side, width: side, channels: 3 };
  const samples = samplesPerBlock(Array.from({ length: count }, () => size));
  const data = new Uint8Array(samples * side * side * 3).map((_, i) => (Math.imul(i, 2654435761) >>> 24) & 255);
  const views = Array.from({ length: count }, () => ({ ...size, data }));
  return writeViewBlock({ samples: Uint32Array.from({ length: samples }, (_, i) => i), views });
}

export const bench = defineBench({
  title: 'Reading of shards and view blocks',
  about: 'What augment reads (shards, whose hash is checked) and what pretrain reads (view blocks), from a file store.',
  flags: z.strictObject({ rounds: countFlag().prefault('20') }),
  short: { rounds: '8' },
  async run({ rounds }, { folder, signal }) {
    const store = openFileStore(join(folder, 'storage'));
    const rows = [];
    for (const kind of await makeKinds()) rows.push(await timeKind(store, kind, rounds, signal));
    const columns = { object: 0, MB: 1, 'MB/s': 0, 'get ms': 2, 'check ms': 2, 'parse ms': 2 };
    return {
      tables: [tableOf(columns, rows)],
      notes: [`medians of ${rounds} readings, one after the other; the files are in the system's cache`],
    };
  },
});

async function timeKind(
  store: ObjectStore,
  { name, bytes, isVerified, parse }: Kind,
  rounds: number,
  signal: AbortSignal,
) {
  const digest = sha256(bytes);
  const key = keys.shard(digest, 'small'); // where it lies makes no difference to how it is read
  await store.create(key, bytes);
  const times: { get: number; check: number; parse: number; all: number }[] = [];
  for (let round = 0; round < rounds + 1; round++) {
    signal.throwIfAborted();
    const startMs = performance.now();
    const object = await store.get(key);
    if (!object) throw new Error(`${key} is gone`);
    const gotMs = performance.now();
    if (isVerified && sha256(object.bytes) !== digest) throw new Error(`${key} was altered`);
    const checkedMs = performance.now();
    await parse(object.bytes);
    const endMs = performance.now();
    times.push({ get: gotMs - startMs, check: checkedMs - gotMs, parse: endMs - checkedMs, all: endMs - startMs });
  }
  const of = (part: keyof (typeof times)[number]) => median(times.slice(1).map((time) => time[part])); // the first warms
  const megabytes = bytes.length / 1e6;
  return {
    object: name,
    MB: megabytes,
    'MB/s': megabytes / (of('all') / 1000),
    'get ms': of('get'),
    'check ms': isVerified ? of('check') : null,
    'parse ms': of('parse'),
  };
}
