import { timingSafeEqual } from 'node:crypto';

import type { Context, MiddlewareHandler } from 'hono';

import { type ApiError, UsageError } from '#lib/contracts';

const loopback = new Set(['127.0.0.1', 'localhost', '::1']);

/** Where a browser gets the page that asks for the token, and a supervisor asks whether control lives: they tell nothing. */
const open = /^\/($|index\.html$|assets\/|healthz$|readyz$)/;

/**
 * Refuses requests without the token, compared in constant time; without a token control only binds to the loopback
 * address. What pages of other origins ask is refused either way, since a browser sends it with the user's reach.
 * @throws UsageError for another address without a token
 */
export function requireToken({ host, token }: { host: string; token?: string | undefined }): MiddlewareHandler {
  if (token === undefined && !loopback.has(host))
    throw new UsageError(`UNLABEL_HOST: ${host} is reachable from other machines, and no token is set`, {
      remedy: 'set UNLABEL_TOKEN, or leave UNLABEL_HOST at 127.0.0.1',
    });
  return async (c, next) => {
    const foreign = foreignRequest(c, { isGuarded: token !== undefined });
    if (foreign) return c.json(foreign, 403);
    const isOpen = open.test(c.req.path) && ['GET', 'HEAD'].includes(c.req.method);
    if (token !== undefined && !isOpen && !equal(c.req.header('authorization') ?? '', `Bearer ${token}`)) {
      c.header('WWW-Authenticate', 'Bearer');
      return c.json(
        refusal('a token is needed', 'send it as "Authorization: Bearer …", or set UNLABEL_TOKEN for the command line'),
        401,
      );
    }
    return next();
  };
}

const refusal = (error: string, remedy: string): ApiError => ({ error, remedy, field: null, nearest: null });

/** Why a request is another site's doing; undefined for one of control's own pages, or of no page. */
function foreignRequest(c: Context, { isGuarded }: { isGuarded: boolean }): ApiError | undefined {
  const { host: called, hostname } = new URL(c.req.url);
  // A page can have its own name resolve to this machine, and is then of the same origin: only names say so.
  if (!isGuarded && !loopback.has(hostname.replace(/^\[|\]$/g, '')))
    return refusal(`requests to ${hostname} are refused`, 'call 127.0.0.1 or localhost, or set UNLABEL_TOKEN');
  const origin = c.req.header('origin');
  // "null" is the origin of files and sandboxed frames
  if (origin !== undefined && URL.parse(origin)?.host !== called)
    return refusal(`requests from ${origin} are refused`, "open control's own address");
  const site = c.req.header('sec-fetch-site');
  const isOwn = site === undefined || site === 'same-origin' || site === 'none';
  const isLink = c.req.header('sec-fetch-mode') === 'navigate' && c.req.method === 'GET' && !isData(c.req.path);
  if (!isOwn && !isLink)
    return refusal(`requests from a page of another site are refused (${site})`, "open control's own address");
  return undefined;
}

/** Links of other pages may lead to control's page, and to nothing that answers with data. */
const isData = (path: string): boolean => !open.test(path);

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The address to listen on: the name of this machine may be made to mean another address than is meant. */
export const listenAddress = (host: string): string => (host === 'localhost' ? '127.0.0.1' : host);
