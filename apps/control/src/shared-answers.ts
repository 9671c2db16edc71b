/**
 * Answers that many pages ask for again and again: those who ask within two seconds get one answer, so that fifty pages of a
 * run cost about what one does. What changes an answer forgets it, so that nobody reads what was before an own call.
 */
export class SharedAnswers {
  readonly #shareMs: number;
  readonly #now: () => number;
  readonly #answers = new Map<string, { answer: Promise<unknown>; untilMs: number }>();

  constructor(shareMs = 2_000, now = () => performance.now()) {
    this.#shareMs = shareMs;
    this.#now = now;
  }

  /** The answer that is known by this name, or the one that `make` gives; a refusal is not kept. */
  of<T>(name: string, make: () => Promise<T>): Promise<T> {
    const nowMs = this.#now();
    const known = this.#answers.get(name);
    if (known && known.untilMs > nowMs) return known.answer as Promise<T>;
    for (const [old, { untilMs }] of this.#answers) if (untilMs <= nowMs) this.#answers.delete(old);
    const answer = make();
    this.#answers.set(name, { answer, untilMs: nowMs + this.#shareMs });
    answer.catch(() => this.#answers.get(name)?.answer === answer && this.#answers.delete(name));
    return answer;
  }

  forget(): void {
    this.#answers.clear();
  }
}
