import { timingSafeEqual } from 'node:crypto';

import type { MiddlewareHandler } from 'hono';

import { type ApiError, UsageError } from '#lib/contracts';

const loopback = new Set(['127.0.0.1', 'localhost', '::1']);

/**
 * Refuses requests without the token, compared in constant time; without a token control only binds to the loopback
 * address. Pages of another origin are refused either way, since a browser sends them with the user's reach.
 * @throws UsageError for another address without a token
 */
export function requireToken({ host, token }: { host: string; token?: string | undefined }): MiddlewareHandler {
  if (token === undefined && !loopback.has(host))
    throw new UsageError(`UNLABEL_HOST: ${host} is reachable from other machines, and no token is set`, {
      remedy: 'set UNLABEL_TOKEN, or leave UNLABEL_HOST at 127.0.0.1',
    });
  const refuse = (error: string, remedy: string): ApiError => ({ error, remedy, field: null, nearest: null });
  return async (c, next) => {
    const origin = c.req.header('origin');
    const { host: called, hostname } = new URL(c.req.url);
    // A page can have its own name resolve to this machine, and is then of the same origin: only names say so.
    if (token === undefined && !loopback.has(hostname.replace(/^\[|\]$/g, '')))
      return c.json(
        refuse(`requests to ${hostname} are refused`, 'call 127.0.0.1 or localhost, or set UNLABEL_TOKEN'),
        403,
      );
    // "null" is the origin of files and sandboxed frames
    if (origin !== undefined && URL.parse(origin)?.host !== called)
      return c.json(refuse(`requests from ${origin} are refused`, "open control's own address"), 403);
    if (token !== undefined && !equal(c.req.header('authorization') ?? '', `Bearer ${token}`))
      return c.json(
        refuse('a token is needed', 'send it as "Authorization: Bearer …", or set UNLABEL_TOKEN for the command line'),
        401,
      );
    return next();
  };
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
