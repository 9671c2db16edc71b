// The errors a person can act on: one line that says what is wrong, one that says what to do.

/** A failure of the set-up with its remedy. Shown without a stack; `UNLABEL_DEBUG=1` shows it. */
export class SetupError extends Error {
  /**
   * @param {string} message what is wrong: where, what arrived
   * @param {string} remedy what to do about it
   * @param {ErrorOptions} [options]
   */
  constructor(message, remedy, options) {
    super(message, options);
    this.name = 'SetupError';
    this.remedy = remedy;
  }
}

const unreachable = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'ECONNRESET',
];
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/** Whether an error code says that a server could not be reached. */
export const isUnreachable = (code) => unreachable.includes(code);

/** Whether an error code says that a server's certificate was not accepted. */
export const isCertificate = (code) => certificate.test(code);

/**
 * Turns an error of the system (full disk, no permission, no network) into one with a remedy.
 *
 * @param {unknown} error
 * @returns {unknown} a SetupError where the cause is known, else the error itself
 */
export function explain(error) {
  if (error instanceof SetupError || !(error instanceof Error)) return error;
  const { code, host } = error;
  const path = error.path ?? error.dest;
  const make = (message, remedy) => new SetupError(message, remedy, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return make(
      `the disk is full (${code})${path ? ` at ${path}` : ''}`,
      'free some space, or set UNLABEL_CACHE to a folder on another disk, and start again: what has arrived is kept',
    );
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return make(
      `no permission to write (${code})${path ? ` at ${path}` : ''}`,
      'let this user write there, or set UNLABEL_CACHE to a folder where they may, and start again',
    );
  if (isUnreachable(code))
    return make(
      `${host ?? error.hostname ?? error.address ?? 'the server'} can't be reached (${code})`,
      'check the network (and HTTPS_PROXY, if there is a proxy), and start again: what has arrived is kept',
    );
  if (typeof code === 'string' && isCertificate(code))
    return make(
      `the certificate of ${host ?? 'the server'} is not trusted (${code})`,
      "name the authority's PEM file in PIP_CERT and NODE_EXTRA_CA_CERTS, and start again",
    );
  return error;
}

/**
 * Prints an error as two lines, or with its stack when it is one of ours to fix or `UNLABEL_DEBUG` is set.
 *
 * @returns {number} the exit code: 2 for a wrong command, else 1
 */
export function report(error, env = process.env, write = (text) => process.stderr.write(text)) {
  const known = explain(error);
  if (known instanceof SetupError) {
    write(`unlabel: ${known.message}\n  what to do: ${known.remedy}\n`);
    if (env.UNLABEL_DEBUG)
      write(`${known.stack}\n${known.cause ? `caused by ${known.cause.stack ?? known.cause}\n` : ''}`);
    return known.exitCode ?? 1;
  }
  write(`unlabel: the set-up failed: ${env.UNLABEL_DEBUG ? (error?.stack ?? error) : (error?.message ?? error)}\n`);
  if (!env.UNLABEL_DEBUG) write('  what to do: start again; UNLABEL_DEBUG=1 shows where it failed\n');
  return 1;
}
