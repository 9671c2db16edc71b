import { readFileSync } from 'node:fs';

import { familyOf } from './process-memory.ts';

/** Busy and all time of the machine's processors since it started, in ticks. */
export function parseMachineTicks(stat: string): { busy: number; all: number } {
  const ticks = (/^cpu\s+(.*)$/m.exec(stat)?.[1] ?? '').trim().split(/\s+/).map(Number);
  const all = ticks.slice(0, 8).reduce((total, value) => total + value, 0); // what follows counts guests twice
  const [, , , idle = 0, waiting = 0] = ticks;
  return { busy: all - idle - waiting, all };
}

/** Ticks of a process and of its children that have ended, of the text of /proc/PID/stat. */
export function parseProcessTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the state on: names may have spaces
  return fields.slice(11, 15).reduce((total, value) => total + Number(value), 0);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // a process that is gone, or a system without /proc
  }
}

const ownTicks = (): number =>
  familyOf(process.pid)
    .map((pid) => read(`/proc/${pid}/stat`))
    .reduce((total, stat) => total + (stat === undefined ? 0 : parseProcessTicks(stat)), 0);

/** Watches how much of the machine's time goes to processes that are none of ours, so that a report can say so. */
export class LoadWatch {
  readonly #from: { busy: number; all: number } | undefined;
  readonly #own = ownTicks();

  constructor() {
    const stat = read('/proc/stat');
    this.#from = stat === undefined ? undefined : parseMachineTicks(stat);
  }

  /** The part of the processors' time since the start that others took, 0..1; undefined where the system doesn't tell. */
  othersPart(): number | undefined {
    const stat = read('/proc/stat');
    if (!this.#from || stat === undefined) return undefined;
    const { busy, all } = parseMachineTicks(stat);
    const own = ownTicks() - this.#own;
    return all === this.#from.all ? 0 : Math.max(0, (busy - this.#from.busy - own) / (all - this.#from.all));
  }
}
