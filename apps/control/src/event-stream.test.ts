import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { eventStream } from './event-stream.ts';
import type { EventChunk } from './gathered-events.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A stream, and what sends chunks to whoever listens. */
function opened() {
  const listeners = new Set<(chunk: EventChunk) => void>();
  const reader = eventStream({
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  }).getReader();
  const bytes = (text: string): EventChunk => new TextEncoder().encode(text);
  const send = (text: string) => listeners.forEach((listener) => listener(bytes(text)));
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  return { listeners, reader, send, read };
}

test('chunks come in order, whether they are waited for or wait', async () => {
  const { send, read } = opened();
  const first = read();
  send('one');
  send('two');
  send('three');
  expect([await first, await read(), await read()]).toEqual(['one', 'two', 'three']);
  const fourth = read();
  send('four');
  expect(await fourth).toBe('four');
});

test('after a silence of 15 s there is a sign of life, as long as it lasts', async () => {
  const { send, read } = opened();
  const first = read();
  await vi.advanceTimersByTimeAsync(14_000);
  send('one');
  expect(await first).toBe('one');
  let got = '';
  void read().then((text) => (got = text));
  await vi.advanceTimersByTimeAsync(14_999);
  expect(got).toBe('');
  await vi.advanceTimersByTimeAsync(1);
  expect(got).toBe(': still here\n\n');
  void read().then((text) => (got += text));
  await vi.advanceTimersByTimeAsync(15_000);
  expect(got).toBe(': still here\n\n: still here\n\n');
});

test('who leaves is listened for no more', async () => {
  const { listeners, reader } = opened();
  await reader.cancel();
  expect(listeners.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('who takes nothing is sent away at 4 MiB, and what waited is let go', async () => {
  const { listeners, reader, send } = opened();
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 4; i++) send(megabyte);
  expect(listeners.size).toBe(1);
  send('x');
  expect(listeners.size).toBe(0);
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect(vi.getTimerCount()).toBe(0);
});
