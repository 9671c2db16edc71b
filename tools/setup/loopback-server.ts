// For the tests: an HTTP server on this machine in the place of a package index.
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface LoopbackServer extends AsyncDisposable {
  /** Address without a slash at its end. */
  url: string;
  port: number;
}

/** Starts a server on a free port. */
export async function startLoopback(listener: RequestListener): Promise<LoopbackServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address where nothing listens. */
export async function closedAddress(): Promise<string> {
  const server = await startLoopback(() => {});
  await server[Symbol.asyncDispose]();
  return server.url;
}
