import { oneOf, remembered } from '../state/remembered.ts';
import { type Horizontal, horizontals } from './horizontal.ts';

export const largestSmoothing = 0.99;

/** Weight of what was before, for every chart. */
export const smoothing = remembered('smoothing', 0, (kept) =>
  typeof kept === 'number' && kept >= 0 && kept <= largestSmoothing ? kept : undefined,
);

/** What charts go by. */
export const horizontal = remembered<Horizontal>('horizontal', 'step', oneOf(horizontals));

/** Titles of charts that are logarithmic. */
export const logarithmic = remembered<string[]>('logarithmic', [], (kept) =>
  Array.isArray(kept) && kept.every((title) => typeof title === 'string') ? kept : undefined,
);

/** Makes a chart logarithmic, or linear again. */
export function setLogarithmic(title: string, isLog: boolean): void {
  const others = logarithmic.value.filter((each) => each !== title);
  logarithmic.value = isLog ? [...others, title] : others;
}
