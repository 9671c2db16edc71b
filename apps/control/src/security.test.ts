import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { serve } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { apiErrorSchema } from '#lib/contracts';

import { putDataset, tinyControl, type TinyControl } from './control.fixture.ts';
import { apiRoutes } from './routes.ts';
import { requireToken } from './token.ts';

const token = 'a-token-of-24-characters';
let tiny: TinyControl;
let servers: Server[];
beforeEach(async () => {
  servers = [];
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
  tiny.published.length = 0;
});
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** Control on a port, with a page. */
async function start(settings: { host: string; token?: string }) {
  const app = apiRoutes(tiny.control, requireToken(settings));
  app.get('/', (c) => c.html('<p>the page</p>'));
  app.get('/assets/page.js', (c) => c.text('the code'));
  app.get('/metrics', (c) => c.text('unlabel_jobs_total 1'));
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { app, port };
}
const open = () => start({ host: '127.0.0.1' });
const guarded = () => start({ host: '0.0.0.0', token });

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** in pieces, without saying how many bytes come */
  chunked?: boolean;
}
/** Sends a request as it is: no client that puts the address right. */
function send(port: number, path: string, { method = 'GET', headers = {}, body, chunked = false }: Sent = {}) {
  return new Promise<{ status: number; text: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const length = body === undefined || chunked ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { ...length, ...headers } }, (answer) => {
      let text = '';
      const end = () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers });
      answer.on('data', (bytes: Buffer) => (text += bytes.toString())).on('end', end);
      if (answer.headers['content-type']?.includes('event-stream')) {
        end();
        answer.destroy();
      }
    });
    sent.on('error', reject);
    if (chunked) sent.write(body);
    sent.end(chunked ? undefined : body);
  });
}
const json = { 'content-type': 'application/json' };
const call = JSON.stringify({ recipe: 'tiny', dataset: 'pets', run: 'two' });

/** Nothing was started, stopped or removed. */
async function expectNothingDone(): Promise<void> {
  expect(tiny.published).toEqual([]);
  expect(await tiny.control.runs.names()).toEqual(['one']);
  expect((await tiny.control.runs.head('one')).wanted).toBe('run');
}

describe('without a token', () => {
  test.each(['0.0.0.0', '::', '192.168.1.4'])('control does not start on %s', async (host) => {
    const env = {
      ...process.env,
      NATS_URL: 'nats://127.0.0.1:1',
      UNLABEL_STORAGE: 'file:///nowhere',
      UNLABEL_HOST: host,
    };
    const { code, err } = await new Promise<{ code: unknown; err: string }>((resolve) => {
      execFile(process.execPath, [join(import.meta.dirname, 'main.ts')], { env }, (error, _, text) =>
        resolve({ code: error?.code, err: text }),
      );
    });
    expect(code).toBe(1);
    expect(err).toContain(`UNLABEL_HOST: ${host} is reachable from other machines, and no token is set`);
    expect(err).toContain('set UNLABEL_TOKEN');
  });

  test('its own pages and programs are answered', async () => {
    const { port } = await open();
    expect((await send(port, '/')).text).toContain('the page');
    const origin = `http://127.0.0.1:${port}`;
    const own = { ...json, origin, 'sec-fetch-site': 'same-origin' };
    expect((await send(port, '/api/runs', { method: 'POST', headers: own, body: call })).status).toBe(202);
  });

  test.each(['evil.example', 'evil.example:4280', 'localhost.evil.example', '10.0.0.1'])(
    'a request to the name %s is refused: it was made to mean this machine',
    async (host) => {
      const { port } = await open();
      for (const path of ['/', '/api/runs', '/api/events', '/openapi.json', '/metrics']) {
        const { status, text } = await send(port, path, { headers: { host } });
        expect(status).toBe(403);
        apiErrorSchema.parse(JSON.parse(text));
      }
      const stop = { method: 'POST', headers: { ...json, host } };
      expect((await send(port, '/api/runs/one/stop', stop)).status).toBe(403);
      await expectNothingDone();
    },
  );
});

describe('a page of another origin', () => {
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:9' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  ];
  test.each(foreign)('(%j) can neither start, stop, remove nor read anything', async (headers) => {
    for (const [{ port }, own] of [
      [await open(), {}],
      [await guarded(), { authorization: `Bearer ${token}` }],
    ] as const) {
      const all = { ...json, ...own, ...headers };
      const attempts = [
        send(port, '/api/runs', { method: 'POST', headers: all, body: call }),
        send(port, '/api/runs/one/stop', { method: 'POST', headers: all }),
        send(port, '/api/runs/one', { method: 'DELETE', headers: all }),
        send(port, '/api/datasets/pets?force=true', { method: 'DELETE', headers: all }),
        send(port, '/api/runs/one/about', { method: 'PATCH', headers: all, body: '{"title":"x"}' }),
        send(port, '/api/runs', { method: 'OPTIONS', headers: all }),
        send(port, '/api/runs', { headers: all }),
        send(port, '/api/events', { headers: all }),
      ];
      for (const { status } of await Promise.all(attempts)) expect(status).toBe(403);
    }
    await expectNothingDone();
  });

  test('may link to the page, and to no data', async () => {
    const { port } = await open();
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await send(port, '/', { headers: link })).status).toBe(200);
    expect((await send(port, '/openapi.json', { headers: link })).status).toBe(403);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'can send a form of type "%s" only, which is refused by its type alone',
    async (type) => {
      const { port } = await open();
      const headers = type === '' ? {} : { 'content-type': type };
      for (const [path, body] of [
        ['/api/runs', call],
        ['/api/runs/one/stop', undefined],
        ['/api/dead-letters/drop', '{"subject":"x"}'],
        ['/api/weights', 'bytes'],
      ] as const) {
        const { status, text } = await send(port, path, { method: 'POST', headers, ...(body && { body }) });
        expect(status).toBe(415);
        apiErrorSchema.parse(JSON.parse(text));
      }
      await expectNothingDone();
    },
  );
});

describe('with a token', () => {
  test('every route, the event stream, the metrics and the description refuse without it, and with another', async () => {
    const { app, port } = await guarded();
    const served = app.routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'));
    expect(served.length).toBeGreaterThan(30);
    const paths = served.map(({ method, path }) => ({
      method,
      path: path.replace(/:run|\{run\}/, 'one').replace(/:\w+/g, '1'),
    }));
    const all = [
      ...paths,
      ...['/openapi.json', '/metrics', '/api/nothing', '/nothing', '/assets'].map((path) => ({ method: 'GET', path })),
    ];
    const wrong = [{}, { authorization: 'Bearer ' }, { authorization: `Bearer ${token}x` }, { authorization: token }];
    for (const { method, path } of all)
      for (const headers of wrong) {
        const { status, text, headers: said } = await send(port, path, { method, headers: { ...json, ...headers } });
        expect(`${method} ${path} ${status}`).toBe(`${method} ${path} 401`);
        expect(apiErrorSchema.parse(JSON.parse(text)).remedy).toContain('UNLABEL_TOKEN');
        expect(said['www-authenticate']).toBe('Bearer');
      }
    await expectNothingDone();
  });

  test('a token in the address is no token', async () => {
    const { port } = await guarded();
    for (const name of ['token', 'access_token', 'authorization'])
      expect((await send(port, `/api/runs?${name}=${token}`)).status).toBe(401);
  });

  test('whoever has it is answered; the page, which asks for it, is there for all', async () => {
    const { port } = await guarded();
    const headers = { authorization: `Bearer ${token}` };
    for (const path of ['/api/runs', '/api/events', '/openapi.json', '/metrics'])
      expect((await send(port, path, { headers })).status).toBe(200);
    expect((await send(port, '/')).text).toContain('the page');
    expect((await send(port, '/assets/page.js')).text).toBe('the code');
    expect((await send(port, '/', { method: 'POST', headers: json })).status).toBe(401);
  });
});

describe('addresses', () => {
  test.each([
    '/api/runs/..',
    '/api/runs/../../etc/passwd',
    '/api/runs/%2e%2e/x',
    '/api/runs/%2E%2E%2Fetc',
    '/api/runs/a%2fb',
    '/api/runs/a%2Fb',
    '/api/runs/a%5cb',
    '/api/runs/a\\b',
    '/api/runs/%00',
    '/api/runs/one%00.json',
    '/api/runs/a%0d%0ab',
    '/api/runs/a%1fb',
    '/api/runs/a%7fb',
    '/api/runs/%252e%252e',
    '/api/runs/%',
    '/api/runs/%ff',
    '/api/runs/./one',
    '/api/datasets/..%2f..%2fruns',
    '/api/experiments/%2e%2e',
    '/assets/../../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
  ])('%s is answered 400', async (path) => {
    const { port } = await open();
    for (const method of ['GET', 'DELETE', 'POST']) {
      const { status, text } = await send(port, path, { method, headers: json });
      expect(`${method} ${status}`).toBe(`${method} 400`);
      if (text !== '') apiErrorSchema.parse(JSON.parse(text)); // the HTTP server itself refuses some
    }
    await expectNothingDone();
  });

  test.each(['..', '../runs/one', 'a/b', 'a\u0000b', 'a\nb', 'A', 'x'.repeat(65), ''])(
    'the name %j in a body or a query is answered 400',
    async (name) => {
      const { port } = await open();
      const post = (path: string, body: object) =>
        send(port, path, { method: 'POST', headers: json, body: JSON.stringify(body) });
      const answers = [
        await post('/api/runs', { recipe: 'tiny', dataset: name }),
        await post('/api/runs', { recipe: 'tiny', dataset: 'pets', run: name }),
        await post('/api/datasets', { dataset: name, options: { sources: ['/images'] } }),
        await post('/api/runs/one/fork', { run: name }),
      ];
      if (name !== '') answers.push(await send(port, `/api/compare?runs=${encodeURIComponent(name)}`));
      for (const { status, text } of answers) {
        expect(status).toBe(400);
        apiErrorSchema.parse(JSON.parse(text));
      }
      await expectNothingDone();
    },
  );
});

test('bodies that are larger than any that is meant, or don’t say how large they are, are refused unread', async () => {
  const { port } = await open();
  const body = JSON.stringify({ recipe: 'tiny', dataset: 'pets', changes: { epochs: 'x'.repeat(3_000_000) } });
  const large = await send(port, '/api/runs', { method: 'POST', headers: json, body });
  expect(large.status).toBe(413);
  expect(apiErrorSchema.parse(JSON.parse(large.text)).error).toContain('larger than 2097152 bytes');
  for (const sent of [body, call]) {
    const { status } = await send(port, '/api/runs', { method: 'POST', headers: json, body: sent, chunked: true });
    expect(status).toBe(411);
  }
  await expectNothingDone();
});

test('every answer tells browsers to run nothing else, to frame it nowhere, and to guess no type', async () => {
  const { port } = await open();
  for (const path of [
    '/',
    '/assets/page.js',
    '/api/runs',
    '/api/nothing',
    '/api/runs/..',
    '/openapi.json',
    '/api/events',
  ]) {
    const { headers } = await send(port, path);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
});
