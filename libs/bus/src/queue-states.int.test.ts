import { expect, test } from 'vitest';

import { startNatsServer } from '#lib/testing';

import { BadInputError } from './bad-input.ts';
import { openBench, testJob, testSubject, until } from './fixtures/bench.ts';
import { publishJob } from './jobs.ts';
import { deadLetterCount, queueStates } from './queue-states.ts';

test('a queue tells what waits, what is in work and what has ended, and asking twice counts as nothing', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  const augment = async () => (await queueStates(bench.bus)).find(({ stage }) => stage === 'augment');
  expect((await queueStates(bench.bus)).map(({ stage }) => stage)).toEqual(['ingest', 'augment', 'pretrain', 'probe']);
  for (const n of [1, 2, 3, 4, 3, 4]) await publishJob(bench.bus, testSubject(n), testJob(n));
  expect(await augment()).toEqual({ stage: 'augment', pending: 4, inFlight: 0, ended: 0 });

  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  bench.startWorker(
    async ({ message: { n } }) => {
      if (n === 1) throw new BadInputError('cut short');
      if (n === 3) await held;
      return { end: 'done' };
    },
    { concurrency: 1 },
  );
  await until(() => bench.ended.length === 2, 'the first two end');
  await until(async () => (await augment())?.inFlight === 1, 'the third is in work');
  expect(await augment()).toEqual({ stage: 'augment', pending: 1, inFlight: 1, ended: 2 });
  expect(await deadLetterCount(bench.bus)).toBe(1);
  letGo();
  await until(async () => (await augment())?.ended === 4, 'all have ended');
  expect(await augment()).toEqual({ stage: 'augment', pending: 0, inFlight: 0, ended: 4 });
});
