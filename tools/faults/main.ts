// The fault suite: `npm run test:faults [-- --seed N --minutes N --storage file|s3 --only TEXT]`. Plays ingest, training and probing once
// undisturbed, then with a fault at every point of the protocol, and compares: the same bytes, nothing lost, nothing left.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { z } from 'zod';

import { Draws } from '#lib/sampling';

import { grouped } from './grouping.ts';
import { passedPoints } from './points.ts';
import { judge, type Scenario, undisturbed, type Verdict } from './scenario.ts';
import { clockJumps } from './scenarios/clock-jumps.ts';
import { connectionsHurt } from './scenarios/connections-hurt.ts';
import { failingAtPoints } from './scenarios/failing-at-a-point.ts';
import { fullDisk } from './scenarios/full-disk.ts';
import { fullQueues } from './scenarios/full-queues.ts';
import { hanging } from './scenarios/hanging.ts';
import { killedAtPoints } from './scenarios/killed-at-a-point.ts';
import { killedOften } from './scenarios/killed-often.ts';
import { messagesRepeated } from './scenarios/messages-repeated.ts';
import { randomFaults } from './scenarios/random-faults.ts';
import { serversKilled } from './scenarios/servers-killed.ts';
import { severalRuns, severalRunsName } from './scenarios/several-runs.ts';
import { smallViewCache } from './scenarios/small-view-cache.ts';
import { stoppedAtPoints } from './scenarios/stopped-at-a-point.ts';
import { storageErrors } from './scenarios/storage-errors.ts';
import { endStacks } from './stack.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const flagsSchema = z.object({
  seed: z.coerce.number().int().nonnegative().default(1),
  minutes: z.coerce.number().positive().optional(),
  storage: z.enum(['file', 's3']).default('file'),
  only: z.string().optional(),
  list: z.boolean().default(false),
  apart: z.boolean().default(false),
});
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    storage: { type: 'string' },
    only: { type: 'string' },
    list: { type: 'boolean' },
    apart: { type: 'boolean' },
  },
});
const { seed, minutes, storage, only, list, apart } = flagsSchema.parse(values);

const folder = mkdtempSync(join(tmpdir(), 'unlabel-fault-trace-'));
const trace = join(folder, 'trace');
const verdicts: Verdict[] = [];

function report({ name, seconds, failures, missed }: Verdict): void {
  say(`${failures.length === 0 ? 'passed' : 'FAILED'}  ${seconds.toFixed(0).padStart(3)} s  ${name}`);
  for (const part of missed) say(`        did not come to this, so it is played alone: ${part.name}`);
  for (const failure of failures) say(`        ${failure.replaceAll('\n', '\n        ')}`);
}

/** Such as a server that did not start: the rest is played all the same. */
const notPlayed = (name: string, error: unknown): Verdict => ({
  name,
  seconds: 0,
  failures: [`it could not be played: ${error instanceof Error ? error.message : String(error)}`],
  missed: [],
});

/** Something to be played and judged. */
interface Play {
  name: string;
  judge(): Promise<Verdict>;
}

/** Plays as many at once as there are cores. @param alone what a part is played by that did not come to its turn */
async function playAll(next: () => Play | undefined, alone: (scenario: Scenario) => Play): Promise<void> {
  const playOne = async (play: Play): Promise<void> => {
    const verdict = await play.judge().catch((error: unknown): Verdict => notPlayed(play.name, error));
    verdicts.push(verdict);
    report(verdict);
    for (const part of verdict.missed) await playOne(alone(part));
  };
  const player = async () => {
    for (let play = next(); play; play = next()) await playOne(play);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, player));
}

process.once('SIGINT', () => {
  say('interrupted: ending what was started');
  rmSync(folder, { recursive: true, force: true });
  endStacks().then(
    () => process.exit(130),
    (error: unknown) => {
      say(`ending failed: ${String(error)}`);
      process.exit(1);
    },
  );
});

try {
  say(`seed ${seed}, storage ${storage}`);
  const wanted = await undisturbed({ storage, trace });
  const points = passedPoints(trace);
  const draws = (of: string) => new Draws({ seed, purpose: `faults: ${of}` });
  const chosen = (scenarios: Scenario[]) => scenarios.filter(({ name }) => only === undefined || name.includes(only));
  // Those that are looked for are played one by one, so that what one does is not hidden by another.
  const combined = (scenarios: Scenario[], of: string) =>
    apart || only !== undefined ? chosen(scenarios) : grouped(scenarios, draws(of));
  const judged = (scenario: Scenario): Play => ({ name: scenario.name, judge: () => judge(scenario, wanted) });
  const others = points.filter(({ process }) => process !== 'control');
  const plays = [
    { name: severalRunsName, judge: () => severalRuns(draws('several runs'), storage) },
    ...[
      killedOften(storage),
      ...hanging(storage),
      messagesRepeated(draws('messages'), storage),
      fullQueues(storage),
      smallViewCache(storage),
      ...combined(killedAtPoints(points, storage), 'kills'),
      ...combined(stoppedAtPoints(others, storage), 'stops'),
      ...combined(failingAtPoints(points, storage), 'failures'),
      ...combined(fullDisk(points, storage), 'full disks'),
      ...serversKilled(draws('servers'), storage),
      ...connectionsHurt(draws('connections'), storage),
      ...(storage === 's3' ? storageErrors(draws('storage')) : []),
      ...clockJumps(storage),
    ].map(judged),
  ].filter(({ name }) => only === undefined || name.includes(only));
  say(`${points.length} points are passed; ${plays.length} plays`);
  if (list) for (const { name } of plays) say(name);
  else if (minutes === undefined) {
    const left = [...plays];
    await playAll(() => left.shift(), judged);
  } else {
    const endMs = performance.now() + 60_000 * minutes;
    let number = 0;
    const next = () => (performance.now() < endMs ? judged(randomFaults(points, storage, seed, ++number)) : undefined);
    await playAll(next, judged);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const failed = verdicts.filter(({ failures }) => failures.length > 0).length;
say(`${verdicts.length - failed} passed, ${failed} failed (seed ${seed})`);
process.exitCode = failed > 0 ? 1 : 0;
