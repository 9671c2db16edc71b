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
  { listeners: 1, gatherMs: 40 },
  { listeners: 20, gatherMs: 800 },
  { listeners: 50, gatherMs: 2_000 },
  { listeners: 500, gatherMs: 2_000 },
])(
  'with $listeners listeners the first event after a silence is sent at once, those of $gatherMs ms after it together, in order',
  ({ listeners, gatherMs }) => {
    const gathered = new GatheredEvents();
    const chunks: EventChunk[] = [];
    gathered.listen((chunk) => chunks.push(chunk));
    for (let listener = 1; listener < listeners; listener++) gathered.listen(() => undefined);
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
  expect(partsOf(chunks)).toEqual([[0], [3]]);
});
