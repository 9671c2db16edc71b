import type { Hono } from 'hono';
import type { Registry } from 'prom-client';

/** What every service has beside its work: `/healthz` (it lives), `/readyz` (it takes work) and `/metrics`, guarded like the rest. */
export function serviceRoutes(
  app: Pick<Hono, 'get'>,
  { registry, isReady }: { registry: Registry; isReady: () => boolean },
): void {
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => (isReady() ? c.text('ready\n') : c.text('not ready\n', 503)));
  app.get('/metrics', async (c) => c.text(await registry.metrics(), 200, { 'content-type': registry.contentType }));
}
