import { expect, test } from 'vitest';

import { pairedRatio, type Side, takeTurns } from './turns.ts';

/** Sides that note when they run, with the seconds that each turn is to take. */
function sides(turns: Record<string, number[][]>): { all: Side[]; log: string[] } {
  const log: string[] = [];
  let running = 0;
  const all = Object.entries(turns).map(([name, own]) => {
    let turn = 0;
    return {
      name,
      async run(steps: number) {
        if (running++ > 0) throw new Error('two sides at once');
        log.push(`${name}×${steps}`);
        await Promise.resolve();
        running--;
        return own[turn++] as number[];
      },
    };
  });
  return { all, log };
}

test('sides run one at a time, each in every round, and the order turns around', async () => {
  const { all, log } = sides({ a: [[1], [1], [1]], b: [[2], [2], [2]], c: [[3], [3], [3]] });
  const rounds: number[] = [];
  await takeTurns(all, { rounds: 3, steps: 4, pauseMs: 0, onRound: (round) => rounds.push(round) });
  expect(rounds).toEqual([1, 2, 3]);
  expect(log).toEqual(['a×4', 'b×4', 'c×4', 'c×4', 'b×4', 'a×4', 'a×4', 'b×4', 'c×4']);
});

test('a round counts by its median step, rounds stay in their order', async () => {
  const { all } = sides({
    a: [
      [9, 1, 2],
      [4, 4, 4],
    ],
    b: [
      [1, 1, 1],
      [8, 2, 6],
    ],
  });
  expect([...(await takeTurns(all, { rounds: 2, steps: 3, pauseMs: 0 }))]).toEqual([
    ['a', [2, 4]],
    ['b', [1, 6]],
  ]);
});

test('a ratio is taken within a round, so a slow spell that hits both does not count', () => {
  // the machine is ten times as slow in the second round; medians of each side alone would say 11 / 10
  expect(pairedRatio([1, 10, 1.1], [2, 20, 1.1])).toBe(2);
  expect(pairedRatio([4], [2])).toBe(0.5);
});

test('an abort ends the turns before the next one', async () => {
  const { all, log } = sides({ a: [[1], [1]], b: [[2], [2]] });
  const stop = new AbortController();
  const run = all[0]!.run;
  all[0]!.run = (steps) => run(steps).finally(() => stop.abort());
  await expect(takeTurns(all, { rounds: 2, steps: 1, pauseMs: 0, signal: stop.signal })).rejects.toThrow('abort');
  expect(log).toEqual(['a×1']);
});

test('sides of one name and rounds without a partner are refused', async () => {
  const { all } = sides({ a: [[1]] });
  await expect(takeTurns([...all, ...all], { rounds: 1, steps: 1 })).rejects.toThrow('two sides of one name: a');
  expect(() => pairedRatio([1, 2], [1])).toThrow('2 rounds of one side and 1 of the other');
});
