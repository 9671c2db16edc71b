import { signal, type Signal } from '@preact/signals';

import type { RunSummary } from '#lib/contracts';

import { client } from './client.ts';

/** The loss of a run in a few points; undefined until it came. */
type Spark = { step: number; values: number[] } | undefined;

const points = 40;
const atOnce = 3;
/** A sparkline is drawn anew when it would move by about a pixel. */
const grownBy = 1 / points;

const sparks = new Map<string, Signal<Spark>>();
const waiting: string[] = [];
let running = 0;

/** The sparkline of a run, which `wantSpark` has fetched. */
export function sparkOf(run: string): Signal<Spark> {
  const known = sparks.get(run) ?? signal<Spark>(undefined);
  sparks.set(run, known);
  return known;
}

/** Has the sparkline of a run that is seen fetched, unless the one that is there is still good. */
export function wantSpark({ run, step }: Pick<RunSummary, 'run' | 'step'>): void {
  const known = sparkOf(run).peek();
  const isGood = known && Math.abs(step - known.step) <= grownBy * step;
  if (isGood || step === 0 || waiting.includes(run)) return;
  waiting.push(run);
  next();
}

/** What scrolled out of sight is not fetched any more. */
export function forgetSpark(run: string): void {
  const at = waiting.indexOf(run);
  if (at >= 0) waiting.splice(at, 1);
}

function next(): void {
  if (running >= atOnce) return;
  const run = waiting.shift();
  if (run === undefined) return;
  running++;
  void client
    .curves(run, { points })
    .then(({ step, curves }) => {
      const values = (curves['loss']?.mean ?? []).filter((value) => value !== null);
      sparkOf(run).value = { step: step.at(-1) ?? 0, values };
    })
    .catch(() => undefined) // the list tells of a control that is away; the line stays as it was
    .finally(() => {
      running--;
      next();
    });
}
