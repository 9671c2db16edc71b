import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import type { Draws } from '#lib/sampling';

/**
 * What an S3 server may answer, or not. `lost-reply`: the request is done and the connection cut before its answer. `truncated`: half of the
 * body comes. `silent`: nothing does.
 */
export const replies = ['500', '503', '409', 'lost-reply', 'truncated', 'silent'] as const;
export type Reply = (typeof replies)[number];

const errors = {
  '500': [500, 'InternalError'],
  '503': [503, 'SlowDown'],
  '409': [409, 'ConditionalRequestConflict'],
} as const;

/** An HTTP proxy before an S3 server, which answers a part of all requests as a server does that is not well. */
export class S3Proxy implements AsyncDisposable {
  readonly endpoint: string;
  /** how often each kind of answer was given */
  readonly given = new Map<Reply, number>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param part of the requests that go wrong, drawn one by one */
  static async start(target: string, draws: Draws, part: number): Promise<S3Proxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new S3Proxy(server);
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      const reply = draws.float() < part ? replies[draws.int(replies.length)] : undefined;
      proxy.#answer(target, asked, answer, reply).catch(() => answer.destroy());
    });
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close').catch(() => undefined);
  }

  async #answer(
    target: string,
    asked: IncomingMessage,
    answer: ServerResponse,
    reply: Reply | undefined,
  ): Promise<void> {
    if (reply !== undefined) this.given.set(reply, (this.given.get(reply) ?? 0) + 1);
    const body = await buffer(asked);
    if (reply === 'silent') return; // the client's own time limit ends it
    if (reply === '500' || reply === '503' || (reply === '409' && asked.method === 'PUT')) {
      const [status, code] = errors[reply];
      answer.writeHead(status, { 'content-type': 'application/xml' });
      return void answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>a test</Message></Error>`);
    }
    const forwarded = request(new URL(asked.url ?? '/', target), { method: asked.method, headers: asked.headers });
    forwarded.end(body);
    const [got] = (await once(forwarded, 'response')) as [IncomingMessage];
    const bytes = await buffer(got);
    if (reply === 'lost-reply') return void answer.destroy();
    answer.writeHead(got.statusCode ?? 502, got.headers);
    if (reply !== 'truncated' || bytes.length < 2) return void answer.end(bytes);
    answer.write(bytes.subarray(0, bytes.length >> 1), () => answer.destroy());
  }
}
