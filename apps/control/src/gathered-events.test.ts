import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { eventSchema, type UnlabelEvent } from '#lib/contracts';

import { type EventChunk, GatheredEvents } from './gathered-events.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const part = (number: number): UnlabelEvent => ({
  version: 1,
  type: 'ingest-part',
  dataset: 'pets',
  planHash: 'a'.repeat(64),
  part: number,
});
const partsOf = (chunks: EventChunk[]): number[][] =>
  chunks.map((chunk) =>
    new TextDecoder()
      .decode(chunk)
      .split('\n\n')
      .filter((text) => text !== '')
      .map((text) => eventSchema.parse(JSON.parse(text.replace(/^data: /, ''))))
      .map((event) => (event.type === 'ingest-part' ? event.part : -1)),
  );

test.for([
  { listeners: 1, gatherMs: 100 },
  { listeners: 20, gatherMs: 2_000 },
  { listeners: 50, gatherMs: 5_000 },
  { listeners: 500, gatherMs: 5_000 },
])(
  'with $listeners listeners the first event after a silence is sent at once, those of $gatherMs ms after it together, in order',
  ({ listeners, gatherMs }) => {
    const { gathered, chunks } = listenedBy(listeners);
    for (let number = 0; number < 4; number++) gathered.receive(part(number));
    vi.advanceTimersByTime(gatherMs - 1);
    expect(partsOf(chunks)).toEqual([[0]]);
    vi.advanceTimersByTime(1);
    expect(partsOf(chunks)).toEqual([[0], [1, 2, 3]]);
    vi.advanceTimersByTime(gatherMs); // silence
    gathered.receive(part(4));
    expect(partsOf(chunks)).toEqual([[0], [1, 2, 3], [4]]);
  },
);

/** Gets the chunks that so many listeners get. */
function listenedBy(listeners: number) {
  const gathered = new GatheredEvents();
  const chunks: EventChunk[] = [];
  gathered.listen((chunk) => chunks.push(chunk));
  for (let listener = 1; listener < listeners; listener++) gathered.listen(() => undefined);
  return { gathered, chunks };
}

test('what changes more than figures is sent within half a second, with all that waits', () => {
  const { gathered, chunks } = listenedBy(50);
  gathered.receive(part(0));
  gathered.receive(part(1));
  vi.advanceTimersByTime(100);
  gathered.receive(part(2), true);
  vi.advanceTimersByTime(399);
  expect(partsOf(chunks)).toEqual([[0]]);
  vi.advanceTimersByTime(1);
  expect(partsOf(chunks)).toEqual([[0], [1, 2]]);
  vi.advanceTimersByTime(500);
  gathered.receive(part(3), true);
  expect(partsOf(chunks)).toEqual([[0], [1, 2], [3]]);
});

test('many changes are sent twice a second at most', () => {
  const { gathered, chunks } = listenedBy(50);
  for (let number = 0; number < 100; number++) {
    gathered.receive(part(number), true);
    vi.advanceTimersByTime(50);
  }
  expect(chunks.length).toBeLessThanOrEqual(11); // in five seconds, and the first at once
  vi.advanceTimersByTime(500);
  expect(partsOf(chunks).flat()).toEqual(Array.from({ length: 100 }, (_, number) => number));
});

test('everyone who listens gets the same bytes, made once', () => {
  const gathered = new GatheredEvents();
  const got: EventChunk[] = [];
  for (let listener = 0; listener < 3; listener++) gathered.listen((chunk) => got.push(chunk));
  gathered.receive(part(7));
  expect(got).toHaveLength(3);
  expect(new Set(got).size).toBe(1);
});

test('who left gets nothing, and nobody gets what came while nobody listened', () => {
  const gathered = new GatheredEvents();
  const chunks: EventChunk[] = [];
  const leave = gathered.listen((chunk) => chunks.push(chunk));
  gathered.receive(part(0));
  gathered.receive(part(1));
  leave();
  gathered.receive(part(2));
  vi.advanceTimersByTime(5_000);
  expect(partsOf(chunks)).toEqual([[0]]);
  gathered.listen((chunk) => chunks.push(chunk));
  gathered.receive(part(3));
  vi.advanceTimersByTime(5_000);
  expect(partsOf(chunks)).toEqual([[0], [3]]);
});
