import { clock } from '#lib/figures';

const plainEveryMs = 10_000;

/** One line that is rewritten on a terminal, and a plain line every ten seconds elsewhere. */
export class Progress {
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  #lastPlainMs = -Infinity;
  #lastText = '';

  constructor(stream: { isTTY?: boolean; write(text: string): unknown } = process.stdout) {
    this.#isTerminal = stream.isTTY === true && process.env['TERM'] !== 'dumb';
    this.#write = (text) => void stream.write(text);
  }

  /** Shows where a task stands. */
  update(text: string): void {
    this.#lastText = text;
    if (this.#isTerminal) return this.#write(`\r\x1b[K${text.slice(0, (process.stdout.columns ?? 120) - 1)}`);
    if (performance.now() - this.#lastPlainMs < plainEveryMs) return;
    this.#lastPlainMs = performance.now();
    this.#write(`${text}\n`);
  }

  /** Ends the task with a line that stays. */
  end(text = this.#lastText): void {
    this.#write(this.#isTerminal ? `\r\x1b[K${text}\n` : `${text}\n`);
    this.#lastPlainMs = -Infinity;
  }
}

/** The end of a line about something that takes a while; nothing while the time is not known. */
export const leftText = (seconds: number | undefined): string =>
  seconds === undefined ? '' : `, ${clock(seconds)} left`;

/** A bar of 20 cells. */
export function bar(share: number): string {
  const full = Math.round(20 * Math.min(Math.max(share, 0), 1));
  return `${'█'.repeat(full)}${'░'.repeat(20 - full)}`;
}
