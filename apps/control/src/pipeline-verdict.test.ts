import { describe, expect, test } from 'vitest';

import { type Pipeline, type Stage, stages } from '#lib/contracts';

import { pretrainWorker, sha } from './control.fixture.ts';
import { verdict } from './pipeline-verdict.ts';

type PipelineStage = Pipeline['stages'][number];

/** Every stage idle with one worker of two places, but for what is given. */
const pipeline = (changes: Partial<Record<Stage, Partial<PipelineStage>>> = {}): PipelineStage[] =>
  stages.map((stage) => ({
    stage,
    pending: 0,
    inFlight: 0,
    donePerMinute: 0,
    workers: [worker(stage)],
    ...changes[stage],
  }));
const worker = (stage: Stage) => ({ ...pretrainWorker('box', 8e9), stage, concurrency: 2 });
const run = (waitShare: number | null, imagesPerSecond: number | null = 100) => ({
  run: 'one',
  viewsHash: sha('b'),
  waitShare,
  imagesPerSecond,
});
const say = (of: Partial<Parameters<typeof verdict>[0]>) =>
  verdict({ stages: pipeline(), runs: [], queued: [], ...of });

test('nobody waits where nothing is asked for, where stages have work, and where views are in time', () => {
  expect(say({})).toBe('Nobody waits: there is nothing to do.');
  expect(say({ stages: pipeline({ ingest: { inFlight: 1 }, probe: { inFlight: 2 } }) })).toBe(
    'Nobody waits: ingest and probe have work.',
  );
  expect(say({ runs: [run(0.004), run(0.03)] })).toBe(
    'Nobody waits: 2 runs train, and views are there before they are needed (waiting takes 3 % of the time at most).',
  );
  expect(say({ runs: [run(null, null)] })).toContain('Nobody waits: 1 run trains');
});

describe('waiting for views', () => {
  const busy = pipeline({ augment: { pending: 3, inFlight: 2 } });
  test.each([
    [
      0.31,
      'Pretraining waits 31 % of its time for views: 1 more augment worker would do, where cores are free for it.',
    ],
    [
      0.6,
      'Pretraining waits 60 % of its time for views: 2 more augment workers would do, where cores are free for them.',
    ],
  ])('of %d is told with the workers that are missing', (share, text) => {
    expect(say({ stages: busy, runs: [run(share)] })).toBe(text);
  });
  test('of several runs counts by how fast they are', () => {
    expect(say({ stages: busy, runs: [run(0.5, 100), run(0, 100)] })).toContain('waits 33 % of its time');
    expect(say({ stages: busy, runs: [run(0.5, 1), run(0, 1000)] })).toContain('Nobody waits');
  });
  test('of a run that did nothing else is finite', () => {
    expect(say({ stages: busy, runs: [run(1)] })).toContain(
      'waits 99 % of its time for views: 99 more augment workers',
    );
  });
  test('is no want of workers while these have time', () => {
    const stages = pipeline({ augment: { inFlight: 1 } });
    expect(say({ stages, runs: [run(0.31)] })).toContain('though augment workers have time');
    expect(say({ stages: pipeline({ augment: { workers: [] } }), runs: [run(0.31)] })).toContain('no augment worker');
  });
});

test('jobs of a stage without a worker come before all else', () => {
  const stages = pipeline({ augment: { pending: 1, workers: [] }, pretrain: { pending: 2 } });
  expect(say({ stages, runs: [run(0.5)] })).toBe(
    '1 view block waits, and no augment worker is here: start one (node apps/augment/src/main.ts).',
  );
});

test('a run of a method that no worker serves is told', () => {
  const stages = pipeline({ pretrain: { pending: 1 } });
  expect(say({ stages, queued: ['mae'] })).toContain('1 run waits for a pretraining worker');
  expect(say({ stages, queued: ['mae', 'nnclr'] })).toContain('A run of nnclr waits, and no pretraining worker');
});

test('runs, measurements and parts that wait for a worker are told, with the time at this pace', () => {
  expect(say({ stages: pipeline({ pretrain: { pending: 2 }, probe: { pending: 4 } }) })).toBe(
    '2 runs wait for a pretraining worker, which trains one run at a time: 2 more pretrain workers, or patience.',
  );
  expect(say({ stages: pipeline({ probe: { pending: 4, donePerMinute: 3 }, ingest: { pending: 1 } }) })).toBe(
    '4 measurements wait for probe workers, at this pace for 2 minutes: another one would make that less.',
  );
  expect(say({ stages: pipeline({ ingest: { pending: 1 } }) })).toBe(
    '1 part of an ingest waits for ingest workers: another one would make that less.',
  );
});
