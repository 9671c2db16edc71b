import { createServer, type ServerResponse } from 'node:http';

import { afterEach, expect, test } from 'vitest';

import { Watchers } from './watchers.ts';

const servers: (() => void)[] = [];
afterEach(() => servers.splice(0).forEach((end) => end()));

/** A control that has one run; `refuses` says which paths it answers with 500. */
async function control(refuses: (path: string) => boolean = () => false) {
  const asked: string[] = [];
  const streams: ServerResponse[] = [];
  const server = createServer(({ url = '' }, answer) => {
    asked.push(url);
    if (url === '/api/events') streams.push(answer.writeHead(200).on('error', () => undefined));
    else answer.writeHead(refuses(url) ? 500 : 200).end('{}');
    if (url === '/api/events') answer.flushHeaders();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(() => (server.closeAllConnections(), server.close()));
  const address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const tell = (event: object) => streams.forEach((stream) => stream.write(`data: ${JSON.stringify(event)}\n\n`));
  return { address, asked, streams, tell };
}

test.each(['run-state', 'probe-result'])(
  'each page asks for all that it shows, and again for the run and its log at %s',
  async (type) => {
    const { address, asked, tell } = await control();
    await using pages = await Watchers.open(address, 'one', 3);
    expect(asked.filter((path) => path === '/api/runs/one/curves?points=1000').length).toBe(3);
    await expect.poll(() => asked.length).toBe(3 * 5 + 1); // the first page asks for the run again at once
    const before = asked.length;
    tell({ type: 'run-step' });
    tell({ type });
    await expect.poll(() => asked.length).toBe(before + 6);
    expect(new Set(asked.slice(before))).toEqual(new Set(['/api/runs/one', '/api/runs/one/log']));
    expect(pages.events).toBe(6);
  },
);

test('what a page meets is thrown at the end, and only there', async () => {
  const { address, streams } = await control();
  const pages = await Watchers.open(address, 'one', 2);
  streams[0]?.end();
  await expect.poll(() => pages.failure).toBeDefined();
  await expect(pages[Symbol.asyncDispose]()).rejects.toThrow('control ended a stream of events');
});

test('pages that can’t open say what control answers', async () => {
  const { address } = await control((path) => path.endsWith('/recipe'));
  await expect(Watchers.open(address, 'one', 2)).rejects.toThrow('control answers 500 to /api/runs/one/recipe');
});
