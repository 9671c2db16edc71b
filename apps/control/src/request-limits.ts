import type { Context, MiddlewareHandler } from 'hono';

import type { ApiError } from '#lib/contracts';

/** Larger than any call that is meant: an experiment of hundreds of runs, class names of thousands of folders. */
const maxBodyBytes = 2 * 1024 * 1024;
/** Files are limited where they are read. */
const filePaths = new Set(['/api/weights']);
const bodyMethods = new Set(['POST', 'PUT', 'PATCH']);

const refusal = (error: string, remedy: string): ApiError => ({ error, remedy, field: null, nearest: null });

/**
 * Refuses addresses that no name of ours needs: an encoded slash, dots that lead elsewhere, control characters. Names are checked again
 * where they become keys; this keeps whatever stands before or behind a server from understanding an address otherwise.
 */
export const plainAddress: MiddlewareHandler = async (c, next) => {
  const [path = ''] = sentAddress(c).split('?');
  if (isPlain(path)) return next();
  return c.json(
    refusal(
      'the address holds "..", an encoded slash or a control character',
      'names have letters, digits, "-" and "_" only',
    ),
    400,
  );
};

/** As it was sent: an address that is parsed has lost its "..". */
function sentAddress(c: Context): string {
  const { incoming } = (c.env ?? {}) as { incoming?: { url?: string } };
  return incoming?.url ?? c.req.url.replace(/^[a-z]+:\/\/[^/]*/, '');
}

export function isPlain(path: string): boolean {
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    return false;
  }
  // twice encoded is not plain either: nobody knows how often it is decoded on its way
  if (/%(2f|5c|2e|25|0|1|7f)/i.test(path) || /[\p{Cc}\\]/u.test(text)) return false;
  return !text.split('/').some((part) => part === '..' || part === '.');
}

/** Takes JSON alone, which a form of another page can't send, and no more of it than is meant; a file where files are taken. */
export const meantBodies: MiddlewareHandler = async (c, next) => {
  if (!bodyMethods.has(c.req.method)) return next();
  const isFile = filePaths.has(c.req.path);
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  const wanted = isFile ? 'application/octet-stream' : 'application/json';
  if (type !== wanted)
    return c.json(refusal(`the content type is ${type || 'missing'}`, `send "content-type: ${wanted}"`), 415);
  const unmeant = isFile ? undefined : unmeantSize(c);
  return unmeant ? c.json(unmeant.error, unmeant.status) : next();
};

/** Why a body is not read: it may be larger than any that is meant. */
function unmeantSize(c: Context): { status: 411 | 413; error: ApiError } | undefined {
  if (c.req.header('transfer-encoding') !== undefined)
    return { status: 411, error: refusal('the body comes without its length', 'send a content-length') };
  if (Number(c.req.header('content-length') ?? 0) > maxBodyBytes)
    return { status: 413, error: refusal(`the body is larger than ${maxBodyBytes} bytes`, 'send less') };
  return undefined;
}
