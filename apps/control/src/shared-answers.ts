/** A page that is open adds so much to how long an answer is shared. */
const shareMsPerPage = 100;
/** So old an answer may be at most; what a page shows of a run's steps comes by events. */
const mostShareMs = 5_000;

/**
 * Answers that many pages ask for again and again: the more pages are open, the longer those who ask for the same share one answer, so that
 * fifty pages of a run cost about what one does. Where none is open everyone gets an answer of his own. What changes an answer forgets it.
 */
export class SharedAnswers {
  readonly #pages: () => number;
  readonly #now: () => number;
  readonly #answers = new Map<string, { answer: Promise<unknown>; madeMs: number }>();

  /** @param pages how many are open now */
  constructor(pages: () => number, now = () => performance.now()) {
    this.#pages = pages;
    this.#now = now;
  }

  /** The answer that is known by this name, or the one that `make` gives; a refusal is not kept. */
  of<T>(name: string, make: () => Promise<T>): Promise<T> {
    const madeMs = this.#now();
    const oldestMs = madeMs - Math.min(mostShareMs, shareMsPerPage * this.#pages());
    for (const [old, known] of this.#answers) if (known.madeMs <= oldestMs) this.#answers.delete(old);
    const known = this.#answers.get(name);
    if (known) return known.answer as Promise<T>;
    const answer = make();
    this.#answers.set(name, { answer, madeMs });
    answer.catch(() => this.#answers.get(name)?.answer === answer && this.#answers.delete(name));
    return answer;
  }

  forget(): void {
    this.#answers.clear();
  }
}
