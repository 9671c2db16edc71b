import { expect, test } from 'vitest';

import { encoderInWords, nameOf, shownFirst } from './probe-words.ts';
import { probeOf } from './run-detail.fixture.ts';

const onTune = { measuredOn: { ...probeOf(1, 'knn').measuredOn, split: 'tune' as const } };

test('what one wants to see first is the last step on eval, by a linear probe where there is one', () => {
  const probes = [probeOf(0, 'linear'), probeOf(10, 'linear'), probeOf(20, 'knn'), probeOf(20, 'linear')];
  expect(shownFirst(probes)).toBe(probes[3]);
  expect(shownFirst(probes.slice(0, 3))).toBe(probes[2]);
  expect(shownFirst([])).toBeUndefined();
});

test('what decides is not shown before what is reported', () => {
  const probes = [probeOf(10, 'knn'), probeOf(20, 'linear', onTune)];
  expect(shownFirst(probes)).toBe(probes[0]);
  expect(shownFirst(probes.slice(1))).toBe(probes[1]);
});

test('an encoder is named by its step', () => {
  expect(encoderInWords(probeOf(0, 'knn'))).toBe('before the first step');
  expect(encoderInWords(probeOf(1000, 'knn'))).toBe('step 1,000');
  expect(encoderInWords(probeOf(1, 'knn', { encoder: { kind: 'pixels' } }))).toBe('raw pixels');
  expect(new Set([probeOf(1, 'knn'), probeOf(1, 'linear'), probeOf(1, 'knn', onTune)].map(nameOf)).size).toBe(3);
});
