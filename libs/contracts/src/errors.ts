export interface ErrorOptions {
  cause?: unknown;
  /** what to do about it */
  remedy?: string | undefined;
  /** the one field at fault, as the user would write it */
  field?: string | undefined;
  /** the known name most like what arrived */
  nearest?: string | undefined;
}

/** One class per reaction a caller can have. Messages say what is wrong; `remedy` says what to do about it. */
export class UnlabelError extends Error {
  readonly remedy: string | undefined;
  readonly field: string | undefined;
  readonly nearest: string | undefined;
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.remedy = options.remedy;
    this.field = options.field;
    this.nearest = options.nearest;
  }
}

/** Bytes or JSON that are not what their format says: the input is bad and stays bad, so retrying is useless. */
export class FormatError extends UnlabelError {}

/** What a user asked for can't be: the command line exits with 2, the API answers 400. */
export class UsageError extends UnlabelError {}

/** Control asks for a token, and was given none or another; the API answers 401. */
export class TokenError extends UnlabelError {}

/** A named thing does not exist; the API answers 404. */
export class NotFoundError extends UnlabelError {}

/** The state of a thing forbids what was asked (a run that has ended can't be stopped); the API answers 409. */
export class ConflictError extends UnlabelError {}
