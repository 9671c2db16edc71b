import { effect, type Signal, signal } from '@preact/signals';

/** What the browser keeps, as far as it lets us: a private window may refuse. */
function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * A setting that the browser remembers between visits.
 * @param read makes the value of what was kept; undefined for what is no value any more, which counts as not kept
 */
export function remembered<T>(key: string, fallback: T, read: (kept: unknown) => T | undefined): Signal<T> {
  const name = `unlabel.${key}`;
  const setting = signal(fallback);
  const text = stored(name);
  if (text !== null)
    try {
      setting.value = read(JSON.parse(text)) ?? fallback;
    } catch {
      // it was no JSON: as if nothing had been kept
    }
  effect(() => {
    const next = JSON.stringify(setting.value);
    if (next === stored(name)) return;
    try {
      localStorage.setItem(name, next);
    } catch {
      // it then lasts as long as the page
    }
  });
  return setting;
}

/** One of some words, or undefined. */
export const oneOf =
  <T extends string>(words: readonly T[]) =>
  (kept: unknown): T | undefined =>
    words.find((word) => word === kept);
