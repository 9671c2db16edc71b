import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const rows = readFileSync(join(root, 'docs/reliability.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (what happens|---)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('every row of docs/reliability.md says what happens, what is promised, and by which test or scenario it is shown', () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const [, happens, promised, shown] of rows) {
    expect(happens).not.toBe('');
    expect(promised).not.toBe('');
    expect(shown).toMatch(/^`[^`]+`(: .+)?$/);
  }
});

test.each(rows.map(([, happens, , shown = '']) => ({ happens, shown })))(
  'what shows “$happens” is there',
  ({ shown }) => {
    const [, file = '', name] = /^`([^`]+)`(?:: (.+))?$/.exec(shown) ?? [];
    expect(existsSync(join(root, file))).toBe(true);
    if (name !== undefined) expect(readFileSync(join(root, file), 'utf8')).toContain(name);
    else expect(file).toMatch(/^tools\/faults\/scenarios\//);
  },
);
