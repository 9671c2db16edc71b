import { expect, test } from 'vitest';

import { BlockedError } from './block-batches.ts';
import { TuneWait } from './tune-wait.ts';

function open() {
  const sent: unknown[] = [];
  const stop = new AbortController();
  return { wait: new TuneWait((message) => void sent.push(message), stop.signal), sent, stop };
}

test('asks for the result of a step and takes no other', async () => {
  const { wait, sent } = open();
  const result = wait.result(8);
  expect(sent).toEqual([{ type: 'tune-probe-wanted', step: 8 }]);
  wait.receive({ type: 'tune-probe', reading: { step: 4, knn: 0.1 } });
  wait.receive({ type: 'tune-probe', reading: { step: 8, knn: 0.2 } });
  expect(await result).toEqual({ step: 8, knn: 0.2 });
});

test('a stop that is wanted ends the wait, also one from before', async () => {
  const { wait, stop, sent } = open();
  const result = wait.result(8);
  stop.abort();
  expect(await result).toBeUndefined();
  expect(await wait.result(9)).toBeUndefined();
  expect(sent).toHaveLength(1);
});

test('a probe that was given up blocks the run by the key of its result', async () => {
  const { wait } = open();
  const result = wait.result(8);
  wait.receive({ type: 'tune-probe-failed', step: 8, key: 'runs/a/probes/8/knn.tune.json', reason: 'no classes' });
  await expect(result).rejects.toThrow(BlockedError);
  await expect(result).rejects.toThrow('probe result runs/a/probes/8/knn.tune.json could not be made: no classes');
});
