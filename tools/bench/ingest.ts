/**
 * Times an ingest of a source, end to end in one process: plan, every part, index, into a new file store.
 * Usage: node tools/bench/ingest.ts SOURCE [SIZE]    SOURCE: a tar, a folder or a name of the catalogue; SIZE: as `ingest --size`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import pLimit from 'p-limit';

import { type IngestPartJob, type IngestRequest, keys } from '#lib/contracts';
import { jsonBytes, openStore } from '#lib/storage';

import { catalogue } from '../../apps/ingest/src/catalogue/index.ts';
import { doIngestJob, type IngestStage, partsAtOnce } from '../../apps/ingest/src/ingest-jobs.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [source, size] = positionals;
if (source === undefined) throw new Error('usage: node tools/bench/ingest.ts SOURCE [SIZE]');
const isNamed = catalogue.some(({ name }) => name === source);
const options = {
  sources: [isNamed ? source : resolve(source)],
  holdout: 0.1,
  tune: 0.05,
  maxPixels: 50_000_000,
  ...(size === undefined ? {} : { size: Number(size) }),
};

const root = await mkdtemp(join(tmpdir(), 'unlabel-bench-'));
const store = openStore(`file://${root}`);
const jobs: IngestPartJob[] = [];
let contentHash: string | undefined;
const stage: IngestStage = {
  store,
  publish: async (_subject, job) => void jobs.push(job),
  event: async (_subject, event) => {
    if (event.type === 'dataset-ready') contentHash = event.contentHash;
  },
  log: () => undefined,
};
try {
  const [dataset, request] = ['bench', 'r1'];
  const body: IngestRequest = {
    format: 'unlabel.ingest-request',
    version: 1,
    dataset,
    request,
    options,
    requestedAt: new Date().toISOString(),
  };
  await store.create(keys.ingestRequest(dataset, request), jsonBytes(body));
  let images = 0;
  const startedMs = performance.now();
  await doIngestJob(stage, { version: 1, kind: 'plan', dataset, request, traceId: 'bench' }, () => undefined);
  const plannedMs = performance.now();
  const limit = pLimit(partsAtOnce);
  await Promise.all(jobs.map((job) => limit(() => doIngestJob(stage, job, () => void images++))));
  const endedMs = performance.now();
  const seconds = (ms: number) => Number((ms / 1000).toFixed(1));
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const thread = process.threadCpuUsage();
  process.stdout.write(
    `${JSON.stringify({
      images,
      parts: jobs.length,
      planSeconds: seconds(plannedMs - startedMs),
      partsSeconds: seconds(endedMs - plannedMs),
      seconds: seconds(endedMs - startedMs),
      cpuSeconds: seconds((userCPUTime + systemCPUTime) / 1000),
      // what one core must do; on two free cores the time is about the larger of this and half of cpuSeconds
      mainThreadCpuSeconds: seconds((thread.user + thread.system) / 1000),
      peakRssMiB: Math.round(maxRSS / 1024),
      contentHash,
    })}\n`,
  );
} finally {
  await rm(root, { recursive: true, force: true });
}
