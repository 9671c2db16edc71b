import { expect, test } from 'vitest';

import { silentLog } from './log.ts';
import { pause, untilAnswered } from './waiting.ts';

const patience = { what: 'test', log: silentLog };

test('tries until it succeeds', async () => {
  let tries = 0;
  const attempt = async () => {
    if (++tries < 3) throw new Error('away');
    return tries;
  };
  expect(await untilAnswered(attempt, patience)).toBe(3);
});

test('throws at once what waiting does not mend', async () => {
  const attempt = async () => {
    throw new RangeError('never');
  };
  await expect(untilAnswered(attempt, { ...patience, isFinal: (e) => e instanceof RangeError })).rejects.toThrow(
    'never',
  );
});

test('ends with the last error when the signal comes', async () => {
  const attempt = async () => {
    throw new Error('away');
  };
  const startedAt = performance.now();
  const waiting = untilAnswered(attempt, { ...patience, signal: AbortSignal.timeout(150) });
  await expect(waiting).rejects.toThrow('away');
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test('a pause ends with the signal and leaves no listener', async () => {
  const stop = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = stop.signal;
  stop.signal.addEventListener = (...args: [string, () => void]) => (
    listeners++,
    addEventListener.apply(stop.signal, args)
  );
  stop.signal.removeEventListener = (...args: [string, () => void]) => (
    listeners--,
    removeEventListener.apply(stop.signal, args)
  );
  await pause(1, stop.signal);
  setTimeout(() => stop.abort(), 10);
  await pause(60_000, stop.signal);
  await pause(60_000, stop.signal);
  expect(listeners).toBe(0);
});
