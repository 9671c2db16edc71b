// The fault suite: `npm run test:faults [-- --seed N --minutes N --storage file|s3 --only TEXT]`. Plays ingest, training and probing once
// undisturbed, then with a fault at every point of the protocol, and compares: the same bytes, nothing lost, nothing left.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { z } from 'zod';

import { Draws } from '#lib/sampling';

import { passedPoints } from './points.ts';
import { judge, type Scenario, undisturbed, type Verdict } from './scenario.ts';
import { clockJumps } from './scenarios/clock-jumps.ts';
import { connectionsHurt } from './scenarios/connections-hurt.ts';
import { fullDisk } from './scenarios/full-disk.ts';
import { killedAtPoints } from './scenarios/killed-at-a-point.ts';
import { randomFaults } from './scenarios/random-faults.ts';
import { serversKilled } from './scenarios/servers-killed.ts';
import { stoppedAtPoints } from './scenarios/stopped-at-a-point.ts';
import { storageErrors } from './scenarios/storage-errors.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const flagsSchema = z.object({
  seed: z.coerce.number().int().nonnegative().default(1),
  minutes: z.coerce.number().positive().optional(),
  storage: z.enum(['file', 's3']).default('file'),
  only: z.string().optional(),
  list: z.boolean().default(false),
});
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    storage: { type: 'string' },
    only: { type: 'string' },
    list: { type: 'boolean' },
  },
});
const { seed, minutes, storage, only, list } = flagsSchema.parse(values);

const folder = mkdtempSync(join(tmpdir(), 'unlabel-fault-trace-'));
const trace = join(folder, 'trace');
const verdicts: Verdict[] = [];

function report({ name, seconds, failures }: Verdict): void {
  say(`${failures.length === 0 ? 'passed' : 'FAILED'}  ${seconds.toFixed(0).padStart(3)} s  ${name}`);
  for (const failure of failures) say(`        ${failure.replaceAll('\n', '\n        ')}`);
}

/** Plays as many at once as there are cores. */
async function playAll(
  next: () => Scenario | undefined,
  wanted: Awaited<ReturnType<typeof undisturbed>>,
): Promise<void> {
  const player = async () => {
    for (let scenario = next(); scenario; scenario = next()) {
      const verdict = await judge(scenario, wanted);
      verdicts.push(verdict);
      report(verdict);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, player));
}

try {
  say(`seed ${seed}, storage ${storage}`);
  const wanted = await undisturbed({ storage, trace });
  const points = passedPoints(trace);
  const draws = new Draws({ seed, purpose: 'faults' });
  const scenarios = [
    ...killedAtPoints(points, storage),
    ...stoppedAtPoints(
      points.filter(({ process }) => process !== 'control'),
      storage,
    ),
    ...fullDisk(points, storage),
    ...serversKilled(draws, storage),
    ...connectionsHurt(draws, storage),
    ...(storage === 's3' ? storageErrors(draws) : []),
    ...clockJumps(storage),
  ].filter(({ name }) => only === undefined || name.includes(only));
  say(`${points.length} points are passed; ${scenarios.length} scenarios`);
  if (list) for (const { name } of scenarios) say(name);
  else if (minutes === undefined) {
    const left = [...scenarios];
    await playAll(() => left.shift(), wanted);
  } else {
    const endMs = performance.now() + 60_000 * minutes;
    let number = 0;
    await playAll(
      () => (performance.now() < endMs ? randomFaults(points, storage, seed, ++number) : undefined),
      wanted,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const failed = verdicts.filter(({ failures }) => failures.length > 0).length;
say(`${verdicts.length - failed} passed, ${failed} failed (seed ${seed})`);
process.exitCode = failed > 0 ? 1 : 0;
