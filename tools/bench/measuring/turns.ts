import { setTimeout as sleep } from 'node:timers/promises';

import { median } from './median.ts';

/** What takes turns with others: it computes while it is asked to, and is idle while the others are. */
export interface Side {
  name: string;
  /** Runs so many steps. @returns the seconds that each of them took */
  run(steps: number): Promise<number[]>;
}

export interface TurnsOptions {
  rounds: number;
  /** steps of each side in a round */
  steps: number;
  /** between two turns, for threads that still wait for work; default: 50 */
  pauseMs?: number;
  /** called before each round, which count from 1 */
  onRound?: (round: number) => void;
  /** ends the turns early, with an error */
  signal?: AbortSignal;
}

/**
 * Lets sides take turns: in each round every side runs a block of steps while the others wait. The order turns around from
 * round to round, so that a drift of the machine is on nobody's side.
 *
 * @returns for each side, by its name, the median seconds of a step in each round
 */
export async function takeTurns(
  sides: readonly Side[],
  { rounds, steps, pauseMs = 50, onRound, signal }: TurnsOptions,
): Promise<Map<string, number[]>> {
  const seconds = new Map(sides.map(({ name }) => [name, [] as number[]]));
  if (seconds.size < sides.length) throw new RangeError(`takeTurns: two sides of one name: ${[...seconds.keys()]}`);
  for (let round = 0; round < rounds; round++) {
    onRound?.(round + 1);
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      await sleep(pauseMs, undefined, { signal });
      seconds.get(side.name)?.push(median(await side.run(steps)));
    }
  }
  return seconds;
}

/**
 * How many times as fast the first is: the median over the rounds of the ratio within a round.
 * @param seconds of a step of the first, by round
 * @param others seconds of a step of the second in the same rounds
 * @throws RangeError if they are not of the same rounds
 */
export function pairedRatio(seconds: readonly number[], others: readonly number[]): number {
  if (seconds.length !== others.length)
    throw new RangeError(`pairedRatio: ${seconds.length} rounds of one side and ${others.length} of the other`);
  return median(seconds.map((own, round) => (others[round] as number) / own));
}
