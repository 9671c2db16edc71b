/** A difference of two shares in percentage points: 0.0041 → "0.41 points". */
export const points = (difference: number): string => `${(100 * Math.abs(difference)).toFixed(2)} points`;

/** 2026-11-28T06:10:11.000Z → "2026-11-28 06:10 UTC" */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

export const joined = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
