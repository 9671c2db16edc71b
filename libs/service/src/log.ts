import { type Logger, pino } from 'pino';

import { UnlabelError } from '#lib/contracts';

/** A service's log: one JSON object a line on standard output, with the service's name. */
export function makeLog(name: string, level: string): Logger {
  return pino({ name, level, base: { name, pid: process.pid } }, pino.destination({ dest: 1, sync: true }));
}
export type Log = Logger;

/** An error as fields of a log line, with its remedy and its causes. */
export function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  return {
    type: error.name,
    message: error.message,
    ...(error instanceof UnlabelError && error.remedy !== undefined && { remedy: error.remedy }),
    stack: error.stack,
    ...(error.cause !== undefined && { cause: errorFields(error.cause) }),
  };
}
