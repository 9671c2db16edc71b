import { expect, test } from 'vitest';

import { NotFoundError } from '#lib/contracts';
import { startNatsServer } from '#lib/testing';

import { BadInputError } from './bad-input.ts';
import { dropDeadLetter, listDeadLetters, retryDeadLetter } from './dead-letters.ts';
import { openBench, testJob, testMark, testSubject, until } from './fixtures/bench.ts';
import { publishJob } from './jobs.ts';

test('dead letters are listed oldest first, retried with their mark removed, and dropped', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  let broken = true;
  bench.startWorker(async (job) => {
    if (broken) throw new BadInputError(`image ${job.message.n} is cut short`);
    return { end: 'done' };
  });
  for (const n of [3, 1, 2]) {
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length > 0 && bench.ended.pop() !== undefined, `job ${n} ends`);
  }
  expect((await listDeadLetters(bench.bus)).map(({ reason }) => reason)).toEqual(
    [3, 1, 2].map((n) => `image ${n} is cut short`),
  );

  broken = false;
  await retryDeadLetter(bench.bus, bench.store, testSubject(1));
  await until(() => bench.ended.length === 1, 'the retried job is done');
  expect(bench.ended[0]).toEqual({ subject: testSubject(1), outcome: 'done' });
  expect(await bench.store.head(testMark(1))).toBeUndefined();

  await dropDeadLetter(bench.bus, testSubject(2));
  expect((await listDeadLetters(bench.bus)).map(({ subject }) => subject)).toEqual([testSubject(3)]);
  expect(await bench.store.head(testMark(2))).toBeDefined();

  const missing = retryDeadLetter(bench.bus, bench.store, testSubject(9));
  await expect(missing).rejects.toThrow(NotFoundError);
  await expect(dropDeadLetter(bench.bus, testSubject(9))).rejects.toThrow('there is none of unlabel.augment.test.9');
});

test('a job that dies again replaces its dead letter', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  let times = 0;
  bench.startWorker(async () => {
    throw new BadInputError(`wrong for the ${++times}. time`);
  });
  await publishJob(bench.bus, testSubject(1), testJob(1));
  await until(() => bench.ended.length === 1, 'first end');
  await retryDeadLetter(bench.bus, bench.store, testSubject(1));
  await until(() => bench.ended.length === 2, 'second end');
  const letters = await listDeadLetters(bench.bus);
  expect(letters.map(({ reason }) => reason)).toEqual(['wrong for the 2. time']);
});

test('a dead letter that was replaced while it was retried is gone without a word', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  bench.startWorker(async () => {
    throw new BadInputError('still wrong');
  });
  await publishJob(bench.bus, testSubject(1), testJob(1));
  await until(() => bench.ended.length === 1, 'first end');
  // The mark is removed after the letter was read: by then the job has died again.
  const slow = {
    ...bench.store,
    delete: async (key: string) => {
      await bench.store.delete(key);
      if (key !== testMark(1)) return;
      await publishJob(bench.bus, testSubject(1), testJob(1));
      await until(() => bench.ended.length === 2, 'second end');
    },
  };
  await retryDeadLetter(bench.bus, slow, testSubject(1));
  await until(() => bench.ended.length === 3, 'third end');
  expect(await listDeadLetters(bench.bus)).toHaveLength(1);
});
