import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Text of a file of /proc; undefined for a process that is gone, or a system without it. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** The most memory that a process has had resident, in bytes; undefined where it is gone or the system doesn't tell. */
export function peakBytes(pid: number | undefined): number | undefined {
  const line = pid === undefined ? undefined : /^VmHWM:\s*(\d+) kB$/m.exec(readProc(pid, 'status') ?? '');
  return line ? Number(line[1]) * 1024 : undefined;
}

interface Process {
  pid: number;
  parent: number;
}

/** A process and all that it and its children have started. */
export function familyOf(head: number): number[] {
  const all: Process[] = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(Number(name)) }));
  const family = [head];
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member).map(({ pid }) => pid));
  return family;
}

const parentOf = (pid: number): number => Number(/^PPid:\s*(\d+)$/m.exec(readProc(pid, 'status') ?? '')?.[1] ?? 0);

/** What a process is called in a report: its program, or for one of Node the file that it runs, with its folders. */
export function processTitle(commandLine: string): string {
  const words = commandLine.split('\0').filter((word) => word !== '');
  const file = words.slice(1).find((word) => /\.(ts|mjs|js|py)$/.test(word));
  return file ? file.split('/').slice(-4).join('/') : basename(words[0] ?? 'unknown');
}

/** Watches a family of processes: what each of them has had resident at most, by its title. */
export class MemoryWatch {
  readonly #head: number;
  readonly #peaks = new Map<number, { title: string; bytes: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(head: number, everyMs = 500) {
    this.#head = head;
    this.look();
    this.#timer = setInterval(() => this.look(), everyMs);
  }

  look(): void {
    for (const pid of familyOf(this.#head)) {
      const bytes = peakBytes(pid);
      const title = processTitle(readProc(pid, 'cmdline') ?? '');
      if (bytes !== undefined) this.#peaks.set(pid, { title, bytes }); // the system keeps the peak itself
    }
  }

  /** Ends the watch. @returns the processes, the largest first */
  end(): { title: string; bytes: number }[] {
    clearInterval(this.#timer);
    return [...this.#peaks.values()].sort((a, b) => b.bytes - a.bytes);
  }
}
