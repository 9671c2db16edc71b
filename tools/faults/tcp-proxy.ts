import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `reset`: connections are cut and refused. `hole`: they stay, and nothing comes through. `slow`: every piece comes late. */
export type ProxyMode = 'pass' | 'reset' | 'hole' | 'slow';

const lateMs = 150;

/** Stands between services and a server, and lets what passes through suffer. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();
  #mode: ProxyMode = 'pass';

  private constructor(server: ReturnType<typeof createServer>, targetPort: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#join(client, targetPort));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, targetPort);
  }

  /** From now on; `reset` cuts what is open. */
  become(mode: ProxyMode): void {
    this.#mode = mode;
    if (mode === 'reset') for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close').catch(() => undefined);
  }

  #join(client: Socket, targetPort: number): void {
    if (this.#mode === 'reset') return void client.resetAndDestroy();
    const target = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      void this.#carry(from, to);
    }
  }

  async #carry(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const piece of from as AsyncIterable<Buffer>) {
        while (this.#mode === 'hole') await sleep(20);
        if (this.#mode === 'slow') await sleep(lateMs);
        if (to.destroyed) return;
        if (!to.write(piece)) await once(to, 'drain');
      }
      to.end();
    } catch {
      to.destroy();
    }
  }
}
