import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { FormatError } from '#lib/contracts';
import { type NatsServer, startNatsServer } from '#lib/testing';

import { BadInputError } from './bad-input.ts';
import { listDeadLetters } from './dead-letters.ts';
import { subscribeEvents } from './events.ts';
import { openBench, openSubscriptions, testJob, testKey, testMark, testSubject, until } from './fixtures/bench.ts';
import { publishJob, publishPayload } from './jobs.ts';
import { silentLog } from './log.ts';
import { ensureConsumer, jobConsumers } from './streams.ts';
import { strikeKey } from './strikes.ts';
import { pause } from './waiting.ts';

let server: NatsServer;
beforeAll(async () => void (server = await startNatsServer()));
afterAll(() => server[Symbol.asyncDispose]());

let last = 0;
const nextJob = () => ++last;

describe('the lease', () => {
  test('a silent worker loses the job to another one', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    for (const consumer of jobConsumers('augment')) await ensureConsumer(bench.bus, consumer, 900);
    await publishJob(bench.bus, testSubject(n), testJob(n));
    const silent = await bench.bus.jetstream.consumers.get('UNLABEL_AUGMENT', 'augment');
    expect((await silent.next({ expires: 2_000 }))?.subject).toBe(testSubject(n));
    let count = 0;
    bench.startWorker(async (job) => {
      count = job.deliveryCount;
      return { end: 'done' };
    });
    await until(() => bench.ended.length === 1, 'the second worker does it');
    expect(count).toBe(2);
  });

  test('renewal keeps a job from being delivered twice, even while the main thread computes', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    let calls = 0;
    const handle = async () => {
      calls++;
      const until = performance.now() + 2_500;
      while (performance.now() < until); // longer than two ack waits, and no timer of this thread can run
      return { end: 'done' as const };
    };
    bench.startWorker(handle, { concurrency: 2 });
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 1, 'the job ends');
    await pause(1_200);
    expect(calls).toBe(1);
    expect(bench.ended).toEqual([{ subject: testSubject(n), outcome: 'done' }]);
  });

  test('a job that does not advance is not renewed, and the worker is told to end', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    const stalled: string[] = [];
    let release: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (release = resolve));
    bench.startWorker(
      async (job) => {
        if (job.deliveryCount === 1) await stuck;
        return { end: 'done' };
      },
      { stallMs: 600, concurrency: 2, onStall: (subject) => stalled.push(subject) },
    );
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 1, 'another slot does it');
    expect(stalled).toEqual([testSubject(n)]);
    release();
  });

  test('a job that advances slowly is not stalled', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    const stalled: string[] = [];
    bench.startWorker(
      async (job) => {
        for (let i = 0; i < 8; i++) {
          await pause(250);
          job.progress();
        }
        return { end: 'done' };
      },
      { stallMs: 900, onStall: (subject) => stalled.push(subject) },
    );
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 1, 'it ends');
    expect(stalled).toEqual([]);
  });
});

describe('the last word', () => {
  test('a result that exists is said so, and the event comes before the ack', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    await bench.store.create(testKey(n), new Uint8Array([1]));
    const events: unknown[] = [];
    const subscription = await subscribeEvents(
      bench.bus,
      'unlabel.events.test.>',
      (event) => void events.push(event.message),
    );
    const existed: boolean[] = [];
    bench.startWorker(async (job) => {
      existed.push(job.resultExists);
      return { end: 'done', events: [{ subject: `unlabel.events.test.${n}`, message: { n } }] };
    });
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 1 && events.length === 1, 'job and event');
    expect(existed).toEqual([true]);
    expect(events).toEqual([{ n }]);
    await subscription.close();
  });

  test('a job handed back comes again after its delay', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    const at: number[] = [];
    bench.startWorker(async (job) => {
      at.push(performance.now());
      return job.deliveryCount === 1 ? { end: 'hand-back', reason: 'not yet', delayMs: 400 } : { end: 'done' };
    });
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 2, 'second delivery');
    expect(bench.ended.map(({ outcome }) => outcome)).toEqual(['handed-back', 'done']);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(390);
  });

  test('an error that may pass is tried again', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    bench.startWorker(async (job) => {
      if (job.deliveryCount === 1) throw new Error('disk full');
      return { end: 'done' };
    });
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 2, 'second delivery');
    expect(bench.ended.map(({ outcome }) => outcome)).toEqual(['failed', 'done']);
    expect(await listDeadLetters(bench.bus)).toEqual([]);
  });

  test('a worker that lost ownership says nothing more: no event, no ack', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    const events: unknown[] = [];
    const subscription = await subscribeEvents(
      bench.bus,
      'unlabel.events.test.>',
      (event) => void events.push(event.message),
    );
    let owner = true;
    let reason = '';
    bench.startWorker(
      async (job) => {
        if (job.deliveryCount > 1)
          return { end: 'done', events: [{ subject: 'unlabel.events.test.x', message: 'second' }] };
        job.ownedWhile(async () => owner);
        setTimeout(() => (owner = false), 500);
        await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
        reason = String(job.signal.reason);
        return { end: 'done', events: [{ subject: 'unlabel.events.test.x', message: 'first' }] };
      },
      { concurrency: 2 },
    );
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 2 && events.length > 0, 'both deliveries end');
    expect(reason).toContain('another owner');
    expect(bench.ended.map(({ outcome }) => outcome)).toEqual(['fenced', 'done']);
    expect(events).toEqual(['second']);
    await subscription.close();
  });

  test('ownership is asked for once more before the ack', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    let asked = 0;
    bench.startWorker(async (job) => {
      if (job.deliveryCount === 1)
        job.ownedWhile(async () => {
          asked++;
          return false;
        });
      return { end: 'done' };
    });
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 2, 'both deliveries end');
    expect(asked).toBe(1);
    expect(bench.ended.map(({ outcome }) => outcome)).toEqual(['fenced', 'done']);
  });
});

describe('bad input is a dead letter at once', () => {
  test.each([
    ['a message that is not JSON', '{"version":1,', 'is not JSON'],
    ['an unknown version', '{"version":2,"n":1}', 'not a message this worker knows (version 2): version: '],
    ['a missing field', '{"version":1}', 'n: Invalid input'],
  ])('%s', async (_name, payload, reason) => {
    await using own = await startNatsServer();
    await using bench = await openBench(own.url);
    bench.startWorker(async () => ({ end: 'done' }));
    await publishPayload(bench.bus, testSubject(1), payload);
    await until(() => bench.ended.length === 1, 'it ends');
    const [letter] = await listDeadLetters(bench.bus);
    expect(letter).toMatchObject({ subject: testSubject(1), payload, deliveries: 1, failedMark: null });
    expect(letter?.reason).toContain(reason);
    expect(bench.ended[0]?.outcome).toBe('dead-letter');
    expect(await publishJob(bench.bus, testSubject(1), testJob(1))).toBe('queued'); // the subject is free again
  });

  test.each([
    ['FormatError', () => new FormatError('shard 7: hash differs', { remedy: 'ingest again' })],
    ['BadInputError', () => new BadInputError('shard 7: hash differs', { remedy: 'ingest again' })],
  ])('%s thrown by the work: reason, remedy, and the mark beside the result', async (_name, makeError) => {
    await using own = await startNatsServer();
    await using bench = await openBench(own.url);
    bench.startWorker(async () => {
      throw makeError();
    });
    await publishJob(bench.bus, testSubject(1), testJob(1));
    await until(() => bench.ended.length === 1, 'it ends');
    expect(await listDeadLetters(bench.bus)).toMatchObject([
      {
        reason: 'shard 7: hash differs',
        remedy: 'ingest again',
        resultKey: testKey(1),
        failedMark: testMark(1),
        strikes: 0,
      },
    ]);
    const mark = await bench.store.get(testMark(1));
    expect(JSON.parse(new TextDecoder().decode(mark?.bytes))).toMatchObject({ reason: 'shard 7: hash differs' });
  });
});

describe('strikes', () => {
  const strikes = async (bench: Awaited<ReturnType<typeof openBench>>, n: number) =>
    (await Promise.all([1, 2, 3, 4, 5].map((i) => bench.store.head(strikeKey(testKey(n), i))))).filter(Boolean).length;

  test('marks come from the third delivery on and go with the job', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    const seen: number[] = [];
    bench.startWorker(async (job) => {
      seen.push(await strikes(bench, n));
      return job.deliveryCount < 4 ? { end: 'hand-back', reason: 'again', delayMs: 0 } : { end: 'done' };
    });
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => bench.ended.length === 4, 'four deliveries');
    expect(seen).toEqual([0, 0, 1, 1]);
    expect(await strikes(bench, n)).toBe(0);
  });

  test('a fault of the program keeps its mark: five make a dead letter that names it', async () => {
    await using own = await startNatsServer();
    await using bench = await openBench(own.url);
    for (let i = 1; i <= 4; i++) await bench.store.create(strikeKey(testKey(1), i), new Uint8Array());
    bench.startWorker(async (job) => {
      if (job.deliveryCount < 3) return { end: 'hand-back', reason: 'again', delayMs: 0 };
      return (undefined as unknown as { call(): never }).call();
    });
    await publishJob(bench.bus, testSubject(1), testJob(1));
    await until(() => bench.ended.length === 3, 'three deliveries');
    const [letter] = await listDeadLetters(bench.bus);
    expect(letter?.reason).toContain('failed 5 times, at last with TypeError');
    expect(letter?.strikes).toBe(5);
  });

  test('a stage that counts in its own way is asked instead', async () => {
    await using own = await startNatsServer();
    await using bench = await openBench(own.url);
    bench.startWorker(async () => ({ end: 'done' }), { countStrikes: async () => 5 });
    await publishJob(bench.bus, testSubject(1), testJob(1));
    await until(() => bench.ended.length === 1, 'it ends');
    expect(await listDeadLetters(bench.bus)).toMatchObject([{ reason: 'crashed its worker 5 times' }]);
  });
});

test('a job that counts its strikes and advanced comes again soon, however often it was delivered', async () => {
  await using own = await startNatsServer();
  await using bench = await openBench(own.url);
  const delays: unknown[] = [];
  const info = (fields: object) => {
    if ('delayMs' in fields) delays.push(fields.delayMs);
  };
  bench.startWorker(
    async (job) => {
      if (job.deliveryCount <= 2) return { end: 'hand-back', reason: 'preempted', delayMs: 0 };
      if (job.deliveryCount <= 4) throw new Error('its process was killed');
      return { end: 'done' };
    },
    { countStrikes: async () => 1, log: { ...silentLog, info } },
  );
  await publishJob(bench.bus, testSubject(1), testJob(1));
  await until(() => bench.ended.length === 5, 'five deliveries');
  expect(delays).toEqual([0, 0, 1000, 1000]);
});

describe('draining', () => {
  test('lets a job finish and takes no other', async () => {
    await using bench = await openBench(server.url);
    const [a, b] = [nextJob(), nextJob()];
    const worker = bench.startWorker(async () => {
      await pause(500);
      return { end: 'done' };
    });
    await publishJob(bench.bus, testSubject(a), testJob(a));
    await publishJob(bench.bus, testSubject(b), testJob(b));
    await until(() => worker.busy() === 1, 'the first is in work');
    await worker.drain();
    expect(bench.ended).toEqual([{ subject: testSubject(a), outcome: 'done' }]);
    bench.startWorker(async () => ({ end: 'done' }));
    await until(() => bench.ended.length === 2, 'the second is still there');
  });

  test('hands back a job that does not end in time, and another worker gets it at once', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    let aborted = false;
    let release: () => void = () => undefined;
    const worker = bench.startWorker(
      async (job) => {
        job.signal.addEventListener('abort', () => (aborted = true));
        await new Promise<void>((resolve) => (release = resolve));
        return { end: 'done' };
      },
      { ackWaitMs: 20_000, drainMs: 300 },
    );
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => worker.busy() === 1, 'in work');
    const startedAt = performance.now();
    await worker.drain();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(aborted).toBe(true);
    bench.startWorker(async () => ({ end: 'done' }), { ackWaitMs: 20_000 });
    await until(() => bench.ended.length === 2, 'the other worker does it');
    expect(bench.ended.map(({ outcome }) => outcome)).toEqual(['abandoned', 'done']);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    release();
  });

  test('tells long work at once, which hands itself back', async () => {
    await using bench = await openBench(server.url);
    const n = nextJob();
    const worker = bench.startWorker(async (job) => {
      await new Promise((resolve) => job.draining.addEventListener('abort', resolve));
      return { end: 'hand-back', reason: 'checkpointed' };
    });
    await publishJob(bench.bus, testSubject(n), testJob(n));
    await until(() => worker.busy() === 1, 'in work');
    await worker.drain();
    expect(bench.ended.map(({ outcome }) => outcome)).toEqual(['handed-back']);
    bench.startWorker(async () => ({ end: 'done' }));
    await until(() => bench.ended.length === 2, 'done later');
  });
});

test('a worker of several methods takes jobs of each, and of no other', async () => {
  await using bench = await openBench(server.url);
  const subjects = ['mae.a', 'simsiam.b', 'byol.c'].map((tail) => `unlabel.pretrain.${tail}`);
  bench.startWorker(async () => ({ end: 'done' }), { consumers: jobConsumers('pretrain', ['mae', 'simsiam']) });
  for (const subject of subjects) await publishJob(bench.bus, subject, testJob(1));
  await until(() => bench.ended.length === 2, 'two are done');
  expect(bench.ended.map(({ subject }) => subject).sort()).toEqual(subjects.slice(0, 2));
  expect(await publishJob(bench.bus, subjects[2] as string, testJob(1))).toBe('already-queued');
});

test('no subscription is left behind by jobs', async () => {
  await using bench = await openBench(server.url);
  const numbers = Array.from({ length: 20 }, nextJob);
  const warmUp = bench.startWorker(async () => ({ end: 'done' }));
  await publishJob(bench.bus, testSubject(1), testJob(1));
  await until(() => bench.ended.length === 1, 'warm');
  await warmUp.drain();
  const before = openSubscriptions(bench.bus);
  const worker = bench.startWorker(async () => ({ end: 'done' }), { concurrency: 4 });
  for (const n of numbers) await publishJob(bench.bus, testSubject(n), testJob(n));
  await until(() => bench.ended.length === 21, 'all done');
  await worker.drain();
  expect(openSubscriptions(bench.bus)).toBe(before);
});
