import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const detailEveryMs = 15_000;
const logEveryMs = 20_000;

/**
 * What so many open pages of a run ask of control: its events all the time, its state and log again and again. They stand for browsers
 * of other machines: their asking is spread over time, and what they get is neither parsed nor drawn.
 */
export class Watchers implements AsyncDisposable {
  readonly #control: string;
  readonly #end = new AbortController();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #all: Promise<void>[] = [];
  #events = 0;

  private constructor(control: string) {
    this.#control = control;
  }

  /** Opens the pages; resolves when each of them has all that it shows at first. */
  static async open(control: string, run: string, count: number): Promise<Watchers> {
    const watchers = new Watchers(control);
    try {
      await Promise.all(Array.from({ length: count }, (_, page) => watchers.#open(`/api/runs/${run}`, page / count)));
    } catch (error) {
      await watchers[Symbol.asyncDispose]().catch(() => undefined);
      throw error;
    }
    return watchers;
  }

  /** Events that all of them got together. */
  get events(): number {
    return this.#events;
  }

  /** @throws what one of them met */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    const ends = await Promise.allSettled(this.#all);
    this.#agent.destroy();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** @param phase of its first questions after those of opening, in [0, 1) of their intervals */
  async #open(run: string, phase: number): Promise<void> {
    this.#all.push(this.#listen(await this.#ask('/api/events')));
    for (const path of [run, `${run}/log`, `${run}/recipe`, `${run}/curves?points=1000`]) await this.#read(path);
    this.#all.push(this.#again(run, detailEveryMs, phase), this.#again(`${run}/log`, logEveryMs, phase));
  }

  async #listen(answer: IncomingMessage): Promise<void> {
    try {
      for await (const bytes of answer) this.#events += eventsIn(bytes as Buffer);
    } catch (error) {
      if (!this.#end.signal.aborted) throw error;
    }
    if (!this.#end.signal.aborted) throw new Error('control ended a stream of events');
  }

  async #again(path: string, everyMs: number, phase: number): Promise<void> {
    const { signal } = this.#end;
    try {
      await sleep(everyMs * phase, undefined, { signal });
      while (!signal.aborted) {
        await this.#read(path);
        await sleep(everyMs, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #read(path: string): Promise<void> {
    for await (const _ of await this.#ask(path)); // to its end
  }

  #ask(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const question = get(new URL(path, this.#control), { agent: this.#agent, signal: this.#end.signal }, (answer) => {
        if (answer.statusCode === 200) return resolve(answer);
        answer.resume();
        reject(new Error(`control answers ${answer.statusCode} to ${path}`));
      });
      question.on('error', reject);
    });
  }
}

/** Events end with an empty line; a beat between them does, too, once in many seconds. */
function eventsIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 2)) count++;
  return count;
}
