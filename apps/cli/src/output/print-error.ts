import { UnlabelError, UsageError } from '#lib/contracts';

import { coloured } from './colour.ts';

export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Two lines: what is wrong, what to do. The stack only with --debug. Returns the exit code. */
export function printError(error: unknown, debug: boolean): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${coloured('red', 'unlabel:', process.stderr)} ${message}\n`);
  if (error instanceof UnlabelError && error.remedy) process.stderr.write(`         ${error.remedy}\n`);
  if (debug && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
    if (error.cause instanceof Error) process.stderr.write(`caused by ${error.cause.stack}\n`);
  } else if (!(error instanceof UnlabelError)) process.stderr.write('         add --debug to see where it happened\n');
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}
