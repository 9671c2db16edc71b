import { expect, test } from 'vitest';

import { keys, kindOfKey, kindOfSubject, stages, subjects } from './index.ts';

const hash = 'a'.repeat(64);
const object = {
  datasetHead: keys.datasetHead('d'),
  datasetIndex: keys.datasetIndex('d', hash),
  ingestRequest: keys.ingestRequest('d', 'r'),
  ingestPlanned: keys.ingestPlanned('d', 'r'),
  ingestPlan: keys.ingestPlan('d', hash),
  ingestPlanPart: keys.ingestPlanPart('d', hash, 1),
  ingestPart: keys.ingestPart('d', hash, 1),
  pixelBaseline: keys.pixelBaseline('d', hash, 'knn'),
  shard: keys.shard(hash, 'small'),
  views: keys.views(hash),
  viewBlock: keys.viewBlock(hash, 1, 2),
  weights: keys.weights(hash),
  experiment: keys.experiment('e'),
  runSpec: keys.runSpec('r'),
  runModel: keys.runModel('r'),
  runResolved: keys.runResolved('r'),
  runHead: keys.runHead('r'),
  checkpointFile: keys.checkpointFile(keys.checkpoint('r', 1, 2), 'model.safetensors'),
  checkpointManifest: keys.checkpointFile(keys.checkpoint('r', 1, 2), 'manifest.json'),
  metrics: keys.metrics('r', 1, 2, 3),
  probe: keys.probe('r', 1, 'knn', 'tune'),
  predictions: keys.predictions('r', 1, 'knn', 'tune'),
  pictures: keys.pictures('r', 1, 'views.png'),
  embeddings: keys.embeddings('r', 1, 'eval', hash),
  failedMark: keys.failedMark(keys.viewBlock(hash, 1, 2)),
};
const hyphenated = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

test.each(Object.entries(object))('the key of %s is told from every other by its shape', (name, key) => {
  expect(kindOfKey(key)).toBe(hyphenated(name));
});

test('a key that is none of ours is of another kind', () => expect(kindOfKey('elsewhere/x.json')).toBe('other'));

test('subjects are told apart by what their messages ask for or tell of', () => {
  expect(kindOfSubject(subjects.ingestPlan('d', 'r'))).toBe('ingest-plan-job');
  expect(kindOfSubject(subjects.ingestPart('d', hash, 1))).toBe('ingest-job');
  expect(kindOfSubject(subjects.augment(hash, 1, 2))).toBe('augment-job');
  expect(kindOfSubject(subjects.eventsRun('r'))).toBe('runs-event');
  expect(kindOfSubject(subjects.eventsRunState('r'))).toBe('runs-event');
  expect(kindOfSubject(subjects.deadLetter(subjects.augment(hash, 1, 2)))).toBe('dead-letter');
  for (const stage of stages.slice(1)) expect(kindOfSubject(`unlabel.${stage}.x.y`)).toBe(`${stage}-job`);
});
