import { readFileSync } from 'node:fs';

import { familyOf } from './process-memory.ts';

/** Busy and all time of the machine's processors since it started, in ticks. */
export function parseMachineTicks(stat: string): { busy: number; all: number } {
  const ticks = (/^cpu\s+(.*)$/m.exec(stat)?.[1] ?? '').trim().split(/\s+/).map(Number);
  const all = ticks.slice(0, 8).reduce((total, value) => total + value, 0); // what follows counts guests twice
  const [, , , idle = 0, waiting = 0] = ticks;
  return { busy: all - idle - waiting, all };
}

/** Ticks that a process itself has taken, of the text of /proc/PID/stat. */
export function parseProcessTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the state on: names may have spaces
  return Number(fields[11]) + Number(fields[12]);
}

/** Ticks that a process itself has taken; undefined for one that is gone, or a system that doesn't tell. */
export function processTicks(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : parseProcessTicks(stat);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // a process that is gone, or a system without /proc
  }
}

const lookEveryMs = 1000;

/** Watches how much of the machine's time goes to processes that are none of ours, so that a report can say so. */
export class LoadWatch {
  readonly #from = machineTicks();
  /** What this process and all below it have taken, by pid: one that ends is counted as far as it was seen. */
  readonly #taken = new Map<number, number>();
  readonly #before: number;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#look();
    this.#before = this.#own();
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  /** Ends the watch. @returns the part of the processors' time that others took, 0..1; undefined where the system doesn't tell */
  end(): number | undefined {
    clearInterval(this.#timer);
    this.#look();
    const to = machineTicks();
    if (!this.#from || !to) return undefined;
    const others = to.busy - this.#from.busy - (this.#own() - this.#before);
    return to.all === this.#from.all ? 0 : Math.max(0, others / (to.all - this.#from.all));
  }

  #own(): number {
    return [...this.#taken.values()].reduce((total, ticks) => total + ticks, 0);
  }

  #look(): void {
    for (const pid of familyOf(process.pid)) {
      const ticks = processTicks(pid);
      if (ticks !== undefined) this.#taken.set(pid, ticks);
    }
  }
}

function machineTicks(): { busy: number; all: number } | undefined {
  const stat = read('/proc/stat');
  return stat === undefined ? undefined : parseMachineTicks(stat);
}
