import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { ControlClient } from '#lib/client';
import type { StepMetrics } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import type { Context } from '../context.ts';
import { stepOf } from '../tensorboard/read-events.fixture.ts';
import { metrics, summaryText } from './metrics.ts';

/** A context whose control has these metrics of every run; what is printed is kept. */
function contextOf(steps: StepMetrics[], json = false) {
  const printed: string[] = [];
  const said: string[] = [];
  const client = { metrics: async (run: string) => ({ run, metrics: steps }) } as unknown as ControlClient;
  const context: Context = {
    json,
    control: async () => client,
    print: (text) => void printed.push(text),
    say: (text) => void said.push(text),
  };
  return { context, printed, said };
}

test('CSV and JSON go to standard output, with a line a step and nothing beside', async () => {
  const csv = contextOf([stepOf(1), stepOf(2)]);
  await metrics(csv.context, 'a', { csv: true });
  expect(csv.said).toEqual([]);
  const [head, ...lines] = csv.printed.join('').split('\n');
  expect(head).toMatch(/^step,epoch,at,loss,.*,term_invariance,term_redundancy$/);
  expect(lines).toHaveLength(2);
  const json = contextOf([stepOf(1)], true);
  await metrics(json.context, 'a', {});
  expect(JSON.parse(json.printed.join(''))).toEqual({ run: 'a', metrics: [stepOf(1)] });
});

test('-o writes the same to a file', async () => {
  await using folder = await temporaryFolder('metrics');
  const output = join(folder.path, 'below', 'a.csv');
  const { context, printed, said } = contextOf([stepOf(1)]);
  await metrics(context, 'a', { csv: true, output });
  expect(printed).toEqual([]);
  expect(said[0]).toContain('1 steps');
  expect((await readFile(output, 'utf8')).split('\n')).toHaveLength(3);
});

test('the summary has how often each was read, its ends and its extremes; what was never read is left out', () => {
  const text = summaryText('a', [stepOf(2), stepOf(1, { resources: { cpuShare: 1.5, memoryBytes: 7 } }), stepOf(4)]);
  const rows = text.split('\n').map((line) => line.trim().split(/ {2,}/));
  expect(rows[0]).toEqual(['quantity', 'read at steps', 'first', 'last', 'least', 'largest']);
  expect(rows).toContainEqual(['loss', '3', '0.50000', '0.25000', '0.25000', '1']);
  expect(rows).toContainEqual(['cpu_share', '1', '1.5000', '1.5000', '1.5000', '1.5000']);
  expect(text).not.toContain('rankme');
  expect(summaryText('a', [])).toBe('a has no metrics yet');
});

test('a hundred thousand steps are summed up', () => {
  const many = Array.from({ length: 100_000 }, (_, i) => stepOf(i + 1));
  expect(summaryText('a', many)).toContain('100,000');
});
