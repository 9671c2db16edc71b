import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Outcome } from './judge.ts';
import { type PassedPoint, passedPoints } from './points.ts';
import { judge, undisturbed } from './scenario.ts';
import { killedAtPoints } from './scenarios/killed-at-a-point.ts';
import { stoppedAtPoints } from './scenarios/stopped-at-a-point.ts';

let wanted: Outcome;
let points: PassedPoint[];
const folder = mkdtempSync(join(tmpdir(), 'unlabel-fault-trace-'));

beforeAll(async () => {
  wanted = await undisturbed({ storage: 'file', trace: join(folder, 'trace') });
  points = passedPoints(join(folder, 'trace'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('an undisturbed play passes points of every service, on both sides of writes, publishes and acknowledgements', () => {
  expect([...new Set(points.map(({ process }) => process))].sort()).toEqual(
    expect.arrayContaining(['augment', 'control', 'ingest', 'measure', 'pretrain', 'trainer']),
  );
  for (const operation of ['create', 'replace', 'publish', 'acknowledge'])
    for (const side of ['before', 'after'])
      expect(points.some(({ point }) => point.startsWith(operation) && point.endsWith(side))).toBe(true);
});

/** One of each kind of boundary, of the process that it matters most for. The whole of them: `npm run test:faults`. */
test.each([
  'ingest killed: create shard after',
  'augment killed: create view-block after',
  'augment killed: acknowledge augment-job before',
  'pretrain killed: replace run-head after',
  'trainer killed: create checkpoint-manifest before',
  'control killed: publish pretrain-job before',
])(
  '%s: the same bytes, nothing lost, nothing left',
  async (name) => {
    const scenario = killedAtPoints(points, 'file').find((each) => each.name === name);
    if (!scenario) throw new Error(`no scenario is called ${name}`);
    expect((await judge(scenario, wanted)).failures).toEqual([]);
  },
  120_000,
);

test('a pretraining worker stopped past its lease: the other one’s bytes, and not another word of the first', async () => {
  const scenario = stoppedAtPoints(points, 'file').find(({ name }) =>
    /^pretrain stopped.*: replace run-head before/.test(name),
  );
  if (!scenario) throw new Error('there is no such scenario');
  expect((await judge(scenario, wanted)).failures).toEqual([]);
}, 120_000);
