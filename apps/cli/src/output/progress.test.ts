import { afterEach, expect, test, vi } from 'vitest';

import { bar, Progress } from './progress.ts';

afterEach(() => vi.restoreAllMocks());

function recorded(isTTY: boolean): { progress: Progress; parts: string[] } {
  const parts: string[] = [];
  return { parts, progress: new Progress({ isTTY, write: (text) => void parts.push(text) }) };
}

test('a terminal has one line that is rewritten, cut to its width, and kept at the end', () => {
  const { progress, parts } = recorded(true);
  progress.update('10 %');
  progress.update('x'.repeat(5000));
  progress.end();
  expect(parts[0]).toBe('\r\x1b[K10 %');
  expect(parts[1]?.length).toBeLessThan(1000);
  expect(parts[2]).toBe(`\r\x1b[K${'x'.repeat(5000)}\n`);
});

test('elsewhere a plain line every ten seconds, and the last', () => {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const { progress, parts } = recorded(false);
  for (nowMs = 0; nowMs <= 20_000; nowMs += 1000) progress.update(`at ${nowMs}`);
  progress.end('done');
  expect(parts).toEqual(['at 0\n', 'at 10000\n', 'at 20000\n', 'done\n']);
});

test('a bar has 20 cells whatever the share', () => {
  for (const share of [-1, 0, 0.33, 1, 7]) expect(bar(share)).toHaveLength(20);
  expect(bar(0.5)).toBe('█'.repeat(10) + '░'.repeat(10));
});
