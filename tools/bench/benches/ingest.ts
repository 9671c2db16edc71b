import { join } from 'node:path';

import { z } from 'zod';

import { openFileStore } from '#lib/storage';

import { defineBench } from '../bench.ts';
import { countFlag, partFlag } from '../flag-schemas.ts';
import { ingestHere } from '../pipeline/ingest-here.ts';
import { sourceOf } from '../pipeline/local-stack.ts';
import { tableOf } from '../report/report.ts';

const megabytes = 1e6;

export const bench = defineBench({
  title: 'Ingest',
  about: 'An ingest of a source, end to end in one process: plan, every part, index, into a new file store.',
  flags: z.strictObject({
    data: z.string().default('fashion-mnist').describe('a tar, a folder or a name of the catalogue'),
    size: countFlag().optional().describe('as `ingest --size`'),
    fraction: partFlag.optional().describe('keep this part of each class'),
  }),
  short: { fraction: '0.2' },
  async run({ data, size, fraction }, { folder, say }) {
    const store = openFileStore(join(folder, 'storage'));
    const sources = [await sourceOf(data, say)];
    const thread = process.threadCpuUsage();
    const all = process.cpuUsage();
    const { images, parts, planSeconds, partsSeconds, contentHash } = await ingestHere(store, 'bench', {
      sources,
      holdout: 0.1,
      tune: 0.05,
      maxPixels: 50_000_000,
      ...(size === undefined ? {} : { size }),
      ...(fraction === undefined ? {} : { fraction }),
    });
    const { user, system } = process.threadCpuUsage(thread);
    const used = process.cpuUsage(all);
    const row = {
      images,
      parts,
      'images/s': images / (planSeconds + partsSeconds),
      'plan s': planSeconds,
      'parts s': partsSeconds,
      'CPU s': (used.user + used.system) / 1e6,
      'main thread s': (user + system) / 1e6,
      'peak RSS MB': (process.resourceUsage().maxRSS * 1024) / megabytes,
      content: contentHash.slice(0, 12),
    };
    const columns = {
      images: 0,
      parts: 0,
      'images/s': 0,
      'plan s': 1,
      'parts s': 1,
      'CPU s': 1,
      'main thread s': 1,
      'peak RSS MB': 0,
      content: 0,
    };
    return {
      tables: [tableOf(columns, [row])],
      notes: [
        `source: ${data}`,
        'CPU: of all threads; main thread: what one core must do, so on free cores the time is about the larger of it and CPU / cores',
        'the peak is of the process that runs the benches, from its start',
      ],
    };
  },
});
