import { UnlabelError } from '#lib/contracts';

/** The store can't be reached or refuses. What is simply absent or lost is a return value, not an error. */
export class StorageError extends UnlabelError {
  /** Waiting can help: the server is away or busy, or the disk is full until someone makes room. */
  readonly transient: boolean;
  constructor(message: string, options: { transient: boolean; cause?: unknown; remedy?: string }) {
    super(message, options);
    this.transient = options.transient;
  }
}

/** Connection trouble, by the codes of Node's system errors. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
]);
/** Local resources that run out and come back. */
const exhaustedCodes = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EBUSY', 'EAGAIN', 'ESTALE']);

/** The system error code (`ENOSPC`, `ECONNREFUSED`) of an error or of what caused it. */
export function errorCode(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
  }
  return undefined;
}

/** Whether a system error passes when one waits. */
export function isTransientCode(code: string | undefined): boolean {
  return code !== undefined && (networkCodes.has(code) || exhaustedCodes.has(code));
}

/** What to do about a system error, where there is something to do. */
export function remedyFor(code: string | undefined): { remedy: string } | Record<never, never> {
  if (code === 'ENOSPC' || code === 'EDQUOT') return { remedy: 'make room on that disk, or raise the quota' };
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return {
      remedy: 'let this user write there (the file system needs hard links), or name another place in UNLABEL_STORAGE',
    };
  if (code === 'EMFILE' || code === 'ENFILE') return { remedy: 'raise the limit of open files (ulimit -n)' };
  if (code !== undefined && networkCodes.has(code))
    return { remedy: 'start the server, or correct AWS_ENDPOINT_URL and UNLABEL_STORAGE' };
  return {};
}
