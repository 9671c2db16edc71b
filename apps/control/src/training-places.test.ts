import { expect, test } from 'vitest';

import { presenceExpiresMs, type WorkerPresence } from '#lib/contracts';

import { TrainingPlaces } from './training-places.ts';
import { Workers } from './workers.ts';

const presence = (change: Partial<WorkerPresence>): WorkerPresence => ({
  version: 1,
  type: 'worker-presence',
  stage: 'pretrain',
  worker: 'w1',
  host: 'box',
  pid: 1,
  state: 'idle',
  jobs: 0,
  concurrency: 1,
  methods: ['mae'],
  memory: { device: 'cpu', bytes: 8e9 },
  startedAt: '2026-01-01T00:00:00.000Z',
  at: '2026-01-01T00:00:00.000Z',
  ...change,
});

test('knows the machines of the pretraining workers that serve a method, most memory first, each once', () => {
  const workers = new Workers();
  workers.receive(presence({}));
  workers.receive(presence({ worker: 'w2' }));
  workers.receive(presence({ worker: 'w3', host: 'gpu-box', memory: { device: 'gpu', bytes: 80e9 } }));
  workers.receive(presence({ worker: 'w4', host: 'other', methods: ['simsiam'] }));
  workers.receive(presence({ worker: 'w5', host: 'silent', memory: null }));
  workers.receive(presence({ worker: 'w6', host: 'probing', stage: 'probe' }));
  workers.receive({ type: 'run-state' });
  expect(new TrainingPlaces(workers).of('mae')).toEqual([
    { name: 'the GPU of gpu-box', device: 'gpu', bytes: 80e9 },
    { name: 'box', device: 'cpu', bytes: 8e9 },
  ]);
});

test('forgets a worker that stopped, or was not heard of for a while', () => {
  let nowMs = 0;
  const workers = new Workers(() => nowMs);
  workers.receive(presence({}));
  workers.receive(presence({ worker: 'w2', host: 'two' }));
  workers.receive(presence({ worker: 'w2', host: 'two', state: 'stopped' }));
  expect(new TrainingPlaces(workers).of('mae').map(({ name }) => name)).toEqual(['box']);
  nowMs = presenceExpiresMs + 1;
  expect(new TrainingPlaces(workers).of('mae')).toEqual([]);
});
