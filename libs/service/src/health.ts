import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Registry } from 'prom-client';

/** Whether a service lives and takes work, and its figures for Prometheus. */
export interface Health {
  port: number;
  /** Ready from now on, whenever this holds. */
  readyWhile(condition: () => boolean): void;
  close(): Promise<void>;
}

/** Serves `/healthz` (it lives), `/readyz` (it takes work) and `/metrics`; on the loopback address if no host is given. */
export async function serveHealth(options: {
  port?: number | undefined;
  host?: string;
  registry: Registry;
}): Promise<Health> {
  const { registry } = options;
  let isReady = () => false;
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    if (request.url === '/healthz') answer(200, 'ok\n');
    else if (request.url === '/readyz') answer(isReady() ? 200 : 503, isReady() ? 'ready\n' : 'not ready\n');
    else if (request.url === '/metrics')
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        (error: unknown) => answer(500, String(error)),
      );
    else answer(404, 'not here: /healthz, /readyz, /metrics\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    readyWhile: (condition) => (isReady = condition),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
