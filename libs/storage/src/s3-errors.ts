import { UnlabelError } from '#lib/contracts';

import { errorCode, isTransientCode, remedyFor, StorageError } from './storage-error.ts';

interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number; attempts?: number; clockSkewCorrected?: boolean };
  Code?: string;
}

/** Names under which a server, or the SDK for it, says that it is busy or away. */
const transientNames = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'ServiceUnavailable',
  'InternalError',
  'ConditionalRequestConflict',
  'OperationAborted',
  // The clock jumped: the SDK has set its own by the server's, so that the next request is in time.
  'RequestTimeTooSkewed',
  'RequestExpired',
  'RequestInTheFuture',
]);

const statusOf = (error: unknown): number | undefined => (error as SdkError).$metadata?.httpStatusCode;
const nameOf = (error: unknown): string => (error as SdkError).name;

/** How often the SDK sent the request. */
export const attemptsOf = (error: unknown): number => (error as SdkError).$metadata?.attempts ?? 1;

/** The object is not there; a missing bucket is no absent object. */
export function isAbsent(error: unknown): boolean {
  return (
    nameOf(error) === 'NoSuchKey' || nameOf(error) === 'NotFound' || (statusOf(error) === 404 && !isNoBucket(error))
  );
}

/** A conditional write that came too late. */
export function isLost(error: unknown): boolean {
  return statusOf(error) === 412 || nameOf(error) === 'PreconditionFailed' || isAbsent(error);
}

/** Another conditional write was under way: nothing is decided. */
export function isConflict(error: unknown): boolean {
  return nameOf(error) === 'ConditionalRequestConflict';
}

/** Wraps what the SDK threw, with its place, whether waiting can help, and what to do. */
export function s3Error(error: unknown, where: string): Error {
  if (error instanceof UnlabelError) return error;
  const status = statusOf(error);
  const code = errorCode(error);
  const busy = status !== undefined && (status >= 500 || status === 429 || status === 408);
  const transient =
    busy || transientNames.has(nameOf(error)) || isTransientCode(code) || isCutShort(error) || isOutOfTime(error);
  const said = [nameOf(error), (error as Error).message || code, status && `HTTP ${status}`].filter(Boolean).join(', ');
  const remedy = remedyOf(error) ?? remedyFor(code);
  return new StorageError(`storage: ${said} ${where}`, { transient, cause: error, ...remedy });
}

const isNoBucket = (error: unknown): boolean =>
  nameOf(error) === 'NoSuchBucket' || (error as SdkError).Code === 'NoSuchBucket';

/** A reply whose body ended early, or whose checksum shows that it was overwritten while it was read. */
function isCutShort(error: unknown): boolean {
  return error instanceof Error && /aborted|socket hang up|checksum mismatch|terminated/i.test(error.message);
}

/** A refusal without words (an answer to HEAD has none) of a request after which the SDK set its clock anew. */
const isOutOfTime = (error: unknown): boolean =>
  (error as SdkError).$metadata?.clockSkewCorrected === true && nameOf(error) !== 'AccessDenied';

function remedyOf(error: unknown): { remedy: string } | undefined {
  if (isNoBucket(error)) return { remedy: 'create the bucket, or correct UNLABEL_STORAGE' };
  if (nameOf(error) === 'CredentialsProviderError')
    return { remedy: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE' };
  if (statusOf(error) === 403 || statusOf(error) === 401)
    return { remedy: 'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they may do in that bucket' };
  if (statusOf(error) === 301) return { remedy: 'set AWS_REGION to the region of the bucket' };
  return undefined;
}
