import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import {
  type ApiError,
  ConflictError,
  FormatError,
  NotFoundError,
  TokenError,
  UnlabelError,
  type UnlabelEvent,
  UsageError,
} from '#lib/contracts';

import { ControlClient, UnreachableError } from './client.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(listener: (...of: Parameters<RequestListener>) => void | Promise<void>): Promise<string> {
  server = createServer((request, answer) => void listener(request, answer)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const answering = (status: number, body: unknown) =>
  serve((_, answer) => {
    answer.writeHead(status, { 'content-type': 'application/json' });
    answer.end(typeof body === 'string' ? body : JSON.stringify(body));
  });

const event: UnlabelEvent = { version: 1, type: 'run-state', run: 'a', state: 'running', step: 3, reason: null };

test.each([
  [400, UsageError],
  [404, NotFoundError],
  [409, ConflictError],
  [401, TokenError],
  [500, UnlabelError],
])('an answer of %i becomes the error that control threw, with its parts', async (status, Kind) => {
  const body: ApiError = { error: 'wrong name', remedy: 'another one', field: 'run', nearest: 'one' };
  const error = await new ControlClient(await answering(status, body)).run('onne').catch((error: unknown) => error);
  expect((error as Error).constructor).toBe(Kind);
  expect(error).toMatchObject({ message: 'wrong name', remedy: 'another one', field: 'run', nearest: 'one' });
});

test('parts that an error lacks stay undefined', async () => {
  const body: ApiError = { error: 'no', remedy: null, field: null, nearest: null };
  const error = (await new ControlClient(await answering(409, body))
    .runs()
    .catch((error: unknown) => error)) as UsageError;
  expect([error.remedy, error.field, error.nearest]).toEqual([undefined, undefined, undefined]);
});

test('a refusal that is none of control’s tells the status', async () => {
  const client = new ControlClient(await answering(502, '<html>'));
  await expect(client.runs()).rejects.toThrow('control answered 502 Bad Gateway');
});

test.each(['<html>', '{"version":"1"}', ''])('an answer of %j is named as not control’s', async (text) => {
  await expect(new ControlClient(await answering(200, text)).health()).rejects.toThrow(FormatError);
});

test('nobody at the address is an UnreachableError that names it', async () => {
  const address = await answering(200, '');
  server?.close();
  const client = new ControlClient(address);
  for (const call of [client.health(), client.stopRun('a'), client.events().next()]) {
    const error = await call.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: `control at ${address} does not answer` });
  }
});

test('a control that goes away in the middle of its answer is unreachable', async () => {
  const address = await serve((_, answer) => {
    answer.writeHead(200, { 'content-length': '1000' });
    answer.write('{', () => answer.destroy());
  });
  await expect(new ControlClient(address).runs()).rejects.toThrow(UnreachableError);
});

test('calls carry path, token and body', async () => {
  const seen: { request: IncomingMessage; body: string }[] = [];
  const address = await serve((request, answer) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      seen.push({ request, body });
      answer.end(JSON.stringify(request.method === 'GET' ? [] : { run: 'a', notes: ['n'] }));
    });
  });
  const client = new ControlClient(`${address}//`, 'secret');
  expect(client.address).toBe(address);
  const call = { recipe: 'mae', dataset: 'pets', changes: { epochs: '1' } };
  expect(await client.startRun(call)).toEqual({ run: 'a', notes: ['n'] });
  expect(await client.datasets()).toEqual([]);
  await client.dataset('a/b?').catch(() => undefined);
  await client.compare({ runs: ['a', 'b'], dataset: 'p' }).catch(() => undefined);
  expect(seen.map(({ request: { method, url } }) => `${method} ${url}`)).toEqual([
    'POST /api/runs',
    'GET /api/datasets',
    'GET /api/datasets/a%2Fb%3F',
    'GET /api/compare?runs=a%2Cb&dataset=p',
  ]);
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual(call);
  expect(seen[0]?.request.headers).toMatchObject({
    authorization: 'Bearer secret',
    'content-type': 'application/json',
  });
});

test('events are parsed however they are cut, and end with control', async () => {
  const text = `: still here\n\ndata: ${JSON.stringify(event)}\n\ndata: ${JSON.stringify({ ...event, step: 4 })}\n\n`;
  const address = await serve(async (_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of text.match(/[\s\S]{1,40}/g) ?? [])
      await new Promise<void>((done) => answer.write(part, () => done()));
    answer.destroy(); // as a control that is killed
  });
  const seen: UnlabelEvent[] = [];
  for await (const arrived of new ControlClient(address).events()) seen.push(arrived);
  expect(seen).toEqual([event, { ...event, step: 4 }]);
});

test('events end quietly when their signal is aborted, before or after the first', async () => {
  const address = await serve((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    answer.write(`data: ${JSON.stringify(event)}\n\n`);
  });
  const stop = new AbortController();
  const events = new ControlClient(address).events(stop.signal);
  expect((await events.next()).value).toEqual(event);
  const next = events.next();
  stop.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(await new ControlClient(address).events(stop.signal).next()).toEqual({ done: true, value: undefined });
});

test('an event that this version does not know is an error, not skipped', async () => {
  const client = new ControlClient(await answering(200, 'data: {"version":9}\n\n'));
  await expect(client.events().next()).rejects.toThrow(FormatError);
});
