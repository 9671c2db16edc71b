import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'unlabel-step-';
/** In another container with the same folder for temporary files a process may live that is not seen from here; it is through by then. */
const sweptAfterMs = 60_000;

/** A folder for a graph on its way into TensorFlow. Those that killed processes left go first. */
export function makeSessionFolder(): string {
  const parent = tmpdir();
  for (const name of readdirSync(parent)) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid) && isOld(join(parent, name)))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
  return mkdtempSync(join(parent, `${prefix}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // another user's
  }
}

function isOld(path: string): boolean {
  const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
  return Date.now() - madeMs > sweptAfterMs;
}
