import { expect, test } from 'vitest';

import { openMemoryStore, StorageError } from '#lib/storage';

import { readExposition, unconventional } from './exposition.fixture.ts';
import { serveHealth } from './health.ts';
import { measuredStore } from './measured-store.ts';
import { serviceMetrics } from './service-metrics.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('lives at once, is ready when it says so, and serves its figures', async () => {
  const metrics = serviceMetrics('augment');
  const health = await serveHealth({ registry: metrics.registry });
  const at = (path: string) => fetch(`http://127.0.0.1:${health.port}${path}`);
  expect((await at('/healthz')).status).toBe(200);
  expect((await at('/readyz')).status).toBe(503);
  let connected = true;
  health.readyWhile(() => connected);
  expect((await at('/readyz')).status).toBe(200);
  connected = false;
  expect((await at('/readyz')).status).toBe(503);
  const answer = await at('/metrics');
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(readExposition(await answer.text()).get('unlabel_build_info')?.samples).toEqual([
    { name: 'unlabel_build_info', labels: { service: 'augment', version: expect.any(String) }, value: 1 },
  ]);
  expect((await at('/elsewhere')).status).toBe(404);
  await health.close();
});

test('jobs, their times and the connection are counted, in names and units by convention', async () => {
  const metrics = serviceMetrics('augment');
  metrics.busChanged('connected');
  metrics.jobStarted();
  metrics.jobStarted();
  metrics.jobEnded('done', 1200);
  metrics.busChanged('disconnected');
  const families = readExposition(await metrics.registry.metrics());
  expect(unconventional(families)).toEqual([]);
  const value = (name: string, labels: Record<string, string> = {}) =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .find(
        (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
      )?.value;
  expect(value('unlabel_jobs_in_progress')).toBe(1);
  expect(value('unlabel_jobs_total', { outcome: 'done' })).toBe(1);
  expect(value('unlabel_jobs_total', { outcome: 'failed' })).toBe(0);
  expect(value('unlabel_job_duration_seconds_sum', { outcome: 'done' })).toBe(1.2);
  expect(value('unlabel_job_duration_seconds_bucket', { outcome: 'done', le: '1' })).toBe(0);
  expect(value('unlabel_job_duration_seconds_bucket', { outcome: 'done', le: '5' })).toBe(1);
  expect(value('unlabel_nats_connected')).toBe(0);
  metrics.busChanged('reconnected');
  const later = readExposition(await metrics.registry.metrics());
  expect(later.get('unlabel_nats_reconnects_total')?.samples[0]?.value).toBe(1);
  expect(later.get('process_resident_memory_bytes')?.samples[0]?.value).toBeGreaterThan(1e6);
});

test('what goes to the storage and comes from it is counted, what fails as well', async () => {
  const { registry } = serviceMetrics('augment');
  const memory = openMemoryStore();
  const store = measuredStore(memory, registry);
  await store.create('a', bytes('12345'));
  expect(await store.create('a', bytes('67890'))).toBe('exists');
  await store.replace('a', bytes('123'), (await store.head('a'))?.version);
  expect((await store.get('a'))?.bytes).toEqual(bytes('123'));
  await store.get('none');
  for await (const { key } of store.list('')) expect(key).toBe('a');
  await store.delete('a');
  memory.get = () => Promise.reject(new StorageError('away', { transient: true }));
  await expect(store.get('a')).rejects.toThrow('away');
  const families = readExposition(await registry.metrics());
  expect(unconventional(families)).toEqual([]);
  const counted = families
    .get('unlabel_storage_operations_total')
    ?.samples.map(({ labels, value }) => [`${labels['operation']} ${labels['outcome']}`, value]);
  expect(Object.fromEntries(counted ?? [])).toEqual({
    'create done': 2,
    'head done': 1,
    'replace done': 1,
    'get done': 2,
    'list done': 1,
    'delete done': 1,
    'get failed': 1,
  });
  expect(
    families.get('unlabel_storage_bytes_total')?.samples.map(({ labels, value }) => [labels['direction'], value]),
  ).toEqual([
    ['read', 3],
    ['written', 8],
  ]);
  const times = families.get('unlabel_storage_operation_duration_seconds')?.samples;
  expect(times?.find(({ name, labels }) => name.endsWith('_count') && labels['operation'] === 'get')?.value).toBe(3);
});

test('the reader of these tests refuses what Prometheus would', () => {
  expect(() => readExposition('unlabel_x 1')).toThrow('no sample');
  expect(() => readExposition('# HELP a b c\n# TYPE a gauge\na{ 1')).toThrow('no sample');
  expect(() => readExposition('# HELP a b\n# TYPE a gauge\n# HELP a b\n')).toThrow('told twice');
  const odd = readExposition('# HELP unlabel_time_ms some time\n# TYPE unlabel_time_ms counter\nunlabel_time_ms 1');
  expect(unconventional(odd)).toHaveLength(2);
});
