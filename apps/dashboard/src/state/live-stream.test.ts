import { expect, test, vi } from 'vitest';

import type { UnlabelEvent } from '#lib/contracts';

import { LiveStream } from './live-stream.ts';

const state = (step: number): UnlabelEvent => ({
  version: 1,
  type: 'run-state',
  run: 'a',
  state: 'running',
  step,
  reason: null,
});

/** A stream whose connections, frames and waits the test hands out. */
function tried(connections: (() => AsyncIterable<UnlabelEvent>)[]) {
  const frames: (() => void)[] = [];
  const waits: number[] = [];
  const problems: unknown[] = [];
  let stopped = () => undefined as void;
  const stream = new LiveStream({
    events: (_, onOpen) => {
      const next = connections.shift();
      if (next !== refused) onOpen();
      if (next) return next();
      stopped();
      return never();
    },
    nextFrame: (draw) => void frames.push(draw),
    wait: async (ms) => void waits.push(ms),
    onConnection: (error) => void problems.push(error),
  });
  const allOver = new Promise<void>((resolve) => (stopped = resolve));
  return { stream, frames, waits, problems, allOver };
}
async function* of(...events: UnlabelEvent[]) {
  yield* events;
}
async function* never(): AsyncGenerator<UnlabelEvent> {
  await new Promise(() => undefined);
}
async function* refused(): AsyncGenerator<UnlabelEvent> {
  throw new Error('away');
}

test('events that come within a frame arrive together', async () => {
  const { stream, frames, allOver } = tried([() => of(state(1), state(2), state(3))]);
  const seen = vi.fn();
  stream.onEvents(seen);
  stream.start();
  await allOver;
  expect(frames).toHaveLength(1);
  frames[0]?.();
  expect(seen.mock.calls).toEqual([[[state(1), state(2), state(3)]]]);
  stream.stop();
});

test('every connection has everything fetched again, and delays grow while nobody answers', async () => {
  const { stream, waits, problems, allOver } = tried([refused, refused, refused, () => of(state(1)), refused]);
  const refresh = vi.fn();
  stream.onGap(refresh);
  stream.start();
  await allOver;
  expect(waits).toEqual([500, 1000, 2000, 500, 1000]);
  expect(refresh).toHaveBeenCalledTimes(2);
  expect(problems.map((problem) => problem === undefined)).toEqual([false, false, false, true, false, true]);
  stream.stop();
});

test('after its end nothing is delivered, and it can begin again', async () => {
  const { stream, frames, allOver } = tried([() => of(state(1))]);
  const seen = vi.fn();
  const leave = stream.onEvents(seen);
  stream.start();
  stream.start(); // it has begun
  await allOver;
  stream.stop();
  for (const draw of frames) draw();
  expect(seen).not.toHaveBeenCalled();
  leave();
});
