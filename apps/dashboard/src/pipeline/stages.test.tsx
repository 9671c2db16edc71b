import { render } from 'preact-render-to-string';
import { expect, test } from 'vitest';

import type { Pipeline } from '#lib/contracts';

import { Stages } from './stages.tsx';
import { WorkersTable } from './workers-table.tsx';

type PipelineStage = Pipeline['stages'][number];
const worker: PipelineStage['workers'][number] = {
  version: 1,
  type: 'worker-presence',
  stage: 'augment',
  worker: 'w1',
  host: 'box',
  pid: 7,
  state: 'busy',
  jobs: 1,
  concurrency: 2,
  methods: [],
  memory: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  at: '2026-01-01T00:00:00.000Z',
};
const stage = (name: PipelineStage['stage'], change: Partial<PipelineStage> = {}): PipelineStage => ({
  stage: name,
  pending: 0,
  inFlight: 0,
  donePerMinute: 0,
  workers: [{ ...worker, stage: name }],
  ...change,
});
const pipeline = (change: Partial<Pipeline>): Pipeline => ({
  stages: [stage('ingest'), stage('augment'), stage('pretrain'), stage('probe')],
  runs: [],
  views: { budgetBytes: 1e9, usedBytes: 0, blocks: 0, evictedBytes: 0 },
  deadLetters: 0,
  verdict: 'Nobody waits: there is nothing to do.',
  ...change,
});

/** The text of a page, tags apart. */
const text = (html: string) =>
  html
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

test('each stage tells its workers, queue and pace', () => {
  const html = render(
    <Stages pipeline={pipeline({ stages: [stage('augment', { pending: 1200, inFlight: 1, donePerMinute: 4.26 })] })} />,
  );
  expect(text(html)).toContain('Workers 1 In work 1 of 2 Waiting 1,200 Done a minute 4.3');
  expect(html).not.toContain('is-alone');
});

test('a stage whose jobs wait for a worker that is not there is marked, and so is one that waits for views', () => {
  const alone = render(<Stages pipeline={pipeline({ stages: [stage('probe', { pending: 1, workers: [] })] })} />);
  expect(alone).toContain('is-alone');
  expect(text(alone)).toContain('Workers none');
  const runs = [{ run: 'one', imagesPerSecond: 100, waitShare: 0.31, viewsHash: 'a'.repeat(64) }];
  const late = render(<Stages pipeline={pipeline({ runs })} />);
  expect(late.match(/is-late/g)).toHaveLength(1);
  expect(text(late)).toContain('Waits for views 31 %');
});

test('workers are told with what they serve; where there is none, how to start some', () => {
  const methods = ['mae', 'simsiam'];
  const html = render(
    <WorkersTable
      stages={[stage('pretrain', { workers: [{ ...worker, methods, memory: { device: 'gpu', bytes: 80e9 } }] })]}
    />,
  );
  expect(text(html)).toContain('mae, simsiam 80.0 GB (GPU)');
  expect(text(render(<WorkersTable stages={[]} />))).toContain('./unlabel up starts a local stack');
});
