import { expect, test } from 'vitest';

import { monitorText } from './monitor-text.ts';

test('a reading tells the spread as a part of 1/√D, and k-NN only where there is one', () => {
  const reading = { embeddingStd: 0.03125, embeddingSize: 256, rankMe: 14.21, monitorSeconds: 1 };
  expect(monitorText(reading)).toBe('std 0.0313 (0.50 of 1/√D)  rank 14.2');
  expect(monitorText({ ...reading, onlineKnn: 0.3456 })).toBe('std 0.0313 (0.50 of 1/√D)  rank 14.2  k-NN 34.6 %');
});
