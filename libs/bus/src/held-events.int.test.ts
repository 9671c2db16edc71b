import { expect, test } from 'vitest';

import { subjects } from '#lib/contracts';
import { startNatsServer } from '#lib/testing';

import { openBench } from './fixtures/bench.ts';
import { publishEvent } from './events.ts';
import { heldEvents } from './held-events.ts';

test('the events of one subject are told oldest first, with their times, and no others', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  const subject = subjects.eventsRunState('one');
  expect(await heldEvents(bench.bus, subject, 10)).toEqual([]);
  for (const n of [1, 2, 3]) {
    await publishEvent(bench.bus, subject, { n });
    await publishEvent(bench.bus, subjects.eventsRun('one'), { step: n });
    await publishEvent(bench.bus, subjects.eventsRunState('other'), { n });
  }
  const held = await heldEvents(bench.bus, subject, 10);
  expect(held.map(({ message }) => message)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  for (const { at } of held) expect(Math.abs(Date.now() - at.getTime())).toBeLessThan(10_000);
  expect((await heldEvents(bench.bus, subject, 2)).map(({ message }) => message)).toEqual([{ n: 2 }, { n: 3 }]);
});
