import type { Hono, MiddlewareHandler } from 'hono';
import type { Registry } from 'prom-client';

/** What every service has beside its work: `/healthz` (it lives), `/readyz` (it takes work), and `/metrics`, which needs the token where there is one. */
export function serviceRoutes(
  app: Pick<Hono, 'get' | 'use'>,
  { guard, registry, isReady }: { guard: MiddlewareHandler; registry: Registry; isReady: () => boolean },
): void {
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => (isReady() ? c.text('ready\n') : c.text('not ready\n', 503)));
  app.use('/metrics', guard);
  app.get('/metrics', async (c) => c.text(await registry.metrics(), 200, { 'content-type': registry.contentType }));
}
