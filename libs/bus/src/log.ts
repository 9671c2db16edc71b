/** What the bus needs of a logger: pino's shape, fields first. */
export interface BusLog {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

const nothing = () => undefined;

/** For callers that say nothing: every line is dropped. */
export const silentLog: BusLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** The text of whatever was thrown, with the texts of its causes. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  return error.cause === undefined ? own : `${own} (${errorText(error.cause)})`;
}
