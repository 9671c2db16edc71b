import { expect, test } from 'vitest';

import { renderMarkdown, renderSection, renderTable } from './markdown.ts';
import { type Report, reportSchema, type Section, tableOf } from './report.ts';

const section: Section = {
  bench: 'shards',
  title: 'Reading',
  about: 'Reads shards.',
  seconds: 12.4,
  tables: [tableOf({ kind: 0, 'MB/s': 1 }, [{ kind: 'small', 'MB/s': 512.25 }])],
  goals: [],
  notes: [],
  error: null,
};
const report: Report = {
  format: 'unlabel.bench-report',
  version: 1,
  startedAt: '2026-01-02T03:04:05.000Z',
  seconds: 600,
  command: 'npm run bench',
  machine: { cpu: 'Some CPU', cores: 2, instructionSets: ['avx2'], memoryBytes: 16e9, system: 'Linux 6' },
  versions: { unlabel: '0.1.0', node: '24.0.0' },
  sections: [section],
};

test('a table has the digits that each column asks for, numbers to the right, a dash for what is missing', () => {
  const table = tableOf({ work: 0, ratio: 2, seconds: 0 }, [
    { work: 'a|b', ratio: 1, seconds: 12.6 },
    { work: 'long name', ratio: null, seconds: 3 },
  ]);
  expect(renderTable(table)).toBe(
    [
      '| work      | ratio | seconds |',
      '| --------- | ----: | ------: |',
      '| a\\|b      |  1.00 |      13 |',
      '| long name |     – |       3 |',
    ].join('\n'),
  );
});

test('a table takes the fields of its columns and no others, in their order', () => {
  const rows = [{ b: 'x', a: 2, more: 'left out' }];
  expect(tableOf({ a: 1, b: 0 }, rows).rows).toEqual([[2, 'x']]);
});

test('a report opens with command, machine and versions, and has a section a bench', () => {
  const lines = renderMarkdown(reportSchema.parse(report)).split('\n');
  expect(lines[0]).toBe('# Benchmarks');
  expect(lines).toContain('2026-01-02T03:04:05.000Z, 10 min: `npm run bench`');
  expect(lines).toContain('Some CPU, 2 cores (avx2), 16.0 GB, Linux 6');
  expect(lines).toContain('unlabel 0.1.0, node 24.0.0');
  expect(lines).toContain('Reads shards. (`shards`, 12 s)');
  expect(lines).toContain('| small | 512.3 |');
  expect(lines).not.toContain('## Figures to reach');
});

test.each([
  [1.6, 'aim'],
  [1.5, 'aim'],
  [1.3, 'must'],
  [1.19, 'missed'],
  [null, 'not measured'],
])('a ratio of %s where 1.2 is a must and 1.5 the aim: %s', (measured, verdict) => {
  const goals = [{ work: 'SimSiam', measured, must: 1.2, aim: 1.5 }];
  const text = renderMarkdown({ ...report, sections: [{ ...section, goals }] });
  expect(text).toMatch(
    new RegExp(`## Figures to reach\\n\\n.*\\n.*\\n\\| SimSiam .* 1\\.20 \\| 1\\.50 \\| ${verdict} `),
  );
});

test('a bench that failed says why in one line, and its notes follow its tables', () => {
  const text = renderSection({ ...section, error: 'no\nnetwork', notes: ['one', 'two'] });
  expect(text).toContain('**Failed:** no network');
  expect(text.endsWith('\n\n- one\n- two')).toBe(true);
});
