import { execFileSync } from 'node:child_process';

/** What the driver's own tool, which comes with every driver, says of a property of each GPU, a line each; undefined: no answer. */
export function askGpu(property: string): string | undefined {
  try {
    return execFileSync('nvidia-smi', [`--query-gpu=${property}`, '--format=csv,noheader,nounits'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined; // the tool is not there, or the driver does not answer
  }
}
