import { FormatError, UnlabelError, UsageError } from '#lib/contracts';

/** A job whose input is wrong and stays wrong: it becomes a dead letter at once, with this message as the reason. */
export class BadInputError extends UnlabelError {}

/** What did a job's work died of it: a thread, a child process. The job keeps its strike, as if its worker had crashed. */
export class CrashError extends UnlabelError {}

/** Whether doing the job again is useless: it asks for something that can't be, or its data are not what they claim. */
export const isBadInput = (error: unknown): boolean =>
  error instanceof BadInputError || error instanceof FormatError || error instanceof UsageError;

const faults = [TypeError, RangeError, ReferenceError, SyntaxError];

/**
 * Whether an error is a fault of the program rather than of its surroundings. Such a job keeps its strike, as if it had
 * crashed its worker: it would fail for ever otherwise. (A TypeError with a cause is how `fetch` reports a lost connection.)
 */
export const isFault = (error: unknown): boolean =>
  error instanceof CrashError ||
  (error instanceof Error && error.cause === undefined && faults.some((fault) => error instanceof fault));
