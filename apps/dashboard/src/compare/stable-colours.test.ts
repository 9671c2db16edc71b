import { expect, test } from 'vitest';

import { coloursOf } from './stable-colours.ts';

test('a run keeps its colour when others come and go, and no two beside each other share one', () => {
  const known = new Map<string, number>();
  const first = coloursOf(['a', 'b', 'c'], known);
  expect([...first.values()]).toEqual(['--series-1', '--series-2', '--series-3']);
  const second = coloursOf(['c', 'd', 'b'], known);
  expect(second.get('c')).toBe(first.get('c'));
  expect(second.get('b')).toBe(first.get('b'));
  expect(second.get('d')).toBe('--series-1');
  expect(new Set(second.values()).size).toBe(3);
});
