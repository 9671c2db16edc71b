import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Draws } from '#lib/sampling';

import { grouped } from './grouping.ts';
import type { Scenario } from './scenario.ts';

const processes = ['control', 'ingest', 'augment', 'pretrain', 'trainer', 'probe', 'measure'];
const family = (process: string) => ({ trainer: 'pretrain', measure: 'probe' })[process] ?? process;

const scenarios = fc
  .array(fc.record({ process: fc.constantFrom(...processes), nth: fc.constantFrom(1, 1, 3) }), { maxLength: 60 })
  .map((all) =>
    all.map(({ process, nth }, i): Scenario => ({
      name: `${process} ${i}`,
      options: { storage: 'file', faults: [{ process, point: String(i), nth, times: 1, action: 'kill' }] },
    })),
  );

test('every fault is played, once', () => {
  fc.assert(
    fc.property(scenarios, fc.nat(), (all, seed) => {
      const played = grouped(all, new Draws({ seed, purpose: 'test' })).flatMap(({ options }) => options.faults ?? []);
      const points = (faults: { point: string }[]) => faults.map(({ point }) => Number(point)).sort((a, b) => a - b);
      expect(points(played)).toEqual(points(all.flatMap(({ options }) => options.faults ?? [])));
    }),
  );
});

test('of a family of processes one play has one fault, or two at their first passing, of which the second is passed later', () => {
  fc.assert(
    fc.property(scenarios, fc.nat(), (all, seed) => {
      for (const { options } of grouped(all, new Draws({ seed, purpose: 'test' }))) {
        const byFamily = Map.groupBy(options.faults ?? [], ({ process }) => family(process));
        for (const faults of byFamily.values()) {
          expect(faults.length).toBeLessThanOrEqual(2);
          if (faults.length === 2) {
            expect(faults.map(({ nth }) => nth)).toEqual([1, 1]);
            expect(Number(faults[0]?.point)).toBeLessThan(Number(faults[1]?.point));
          }
        }
      }
    }),
  );
});

test('another seed brings others together', () => {
  const all = Array.from({ length: 12 }, (_, i): Scenario => {
    const fault = {
      process: i % 2 ? 'ingest' : 'augment',
      point: String(i),
      nth: 1,
      times: 1,
      action: 'kill' as const,
    };
    return { name: String(i), options: { storage: 'file', faults: [fault] } };
  });
  const names = (seed: number) => grouped(all, new Draws({ seed, purpose: 'test' })).map(({ name }) => name);
  expect(names(1)).toEqual(names(1));
  expect(names(1)).not.toEqual(names(2));
});
