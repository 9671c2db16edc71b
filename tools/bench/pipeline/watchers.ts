import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** of its detail, as the dashboard does */
const everyMs = 60_000;
/** Parts of events that change what its detail and log say. */
const changing = ['"run-state"', '"probe-result"'];

/**
 * What so many open pages of a run ask of control: its events all the time, its detail again and again, and its log, too, when
 * its state changes or a probe's result comes. They stand for browsers of other machines: their asking is spread over time, and
 * what they get is neither parsed nor drawn.
 */
export class Watchers implements AsyncDisposable {
  readonly #control: string;
  readonly #end = new AbortController();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #all: Promise<void>[] = [];
  #failure: Error | undefined;
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

  /** What the first of them met that failed. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** @throws the failure, where there is one */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#all);
    this.#agent.destroy();
    if (this.#failure) throw this.#failure;
  }

  /** @param phase of its first questions after those of opening, in [0, 1) of their interval */
  async #open(run: string, phase: number): Promise<void> {
    const events = await this.#ask('/api/events');
    this.#keep(this.#listen(events, run));
    for (const path of [run, `${run}/log`, `${run}/recipe`, `${run}/curves?points=1000`]) await this.#read(path);
    this.#keep(this.#again(run, phase));
  }

  /** What fails before the end is thrown at the end, when there is somebody to meet it. */
  #keep(work: Promise<void>): void {
    const met = (error: Error) => {
      if (!this.#end.signal.aborted) this.#failure ??= error;
    };
    this.#all.push(work.catch(met));
  }

  async #listen(answer: IncomingMessage, run: string): Promise<void> {
    for await (const bytes of answer) {
      this.#events += eventsIn(bytes as Buffer);
      if (changing.some((part) => (bytes as Buffer).includes(part))) this.#keep(this.#shown(run));
    }
    throw new Error('control ended a stream of events');
  }

  async #again(run: string, phase: number): Promise<void> {
    const { signal } = this.#end;
    for (await sleep(everyMs * phase, undefined, { signal }); ; await sleep(everyMs, undefined, { signal }))
      await this.#read(run);
  }

  /** What a page asks for where something has changed. */
  async #shown(run: string): Promise<void> {
    for (const path of [run, `${run}/log`]) await this.#read(path);
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
