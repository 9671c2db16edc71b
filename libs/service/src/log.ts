import { type Logger, pino } from 'pino';

/** A service's log: one JSON object a line on standard output, with the service's name. */
export function makeLog(name: string, level: string): Logger {
  return pino({ name, level, base: { name, pid: process.pid } }, pino.destination({ dest: 1, sync: true }));
}
export type Log = Logger;
