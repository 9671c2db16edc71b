import { Hono } from 'hono';
import { expect, test } from 'vitest';

import { apiErrorSchema } from '#lib/contracts';

import { requireToken } from './token.ts';

const token = 'a-token-of-24-characters';
function ask(
  settings: { host: string; token?: string },
  headers: Record<string, string>,
  url = 'http://127.0.0.1:4280/api/runs',
) {
  const app = new Hono().use(requireToken(settings)).get('*', (c) => c.text('let in'));
  return app.request(url, { headers });
}
const open = { host: '127.0.0.1' };
const guarded = { host: '0.0.0.0', token };

test.each(['127.0.0.1', 'localhost', '::1'])('%s needs no token', (host) => {
  expect(() => requireToken({ host })).not.toThrow();
});

test.each(['0.0.0.0', '::', '192.168.1.4', 'example.org'])('%s without a token is refused at the start', (host) => {
  expect(() => requireToken({ host })).toThrow('UNLABEL_HOST');
});

test('a request without the token, or with another, is answered 401', async () => {
  const wrong = ['', 'Bearer ', `Bearer ${token}x`, `Bearer ${token.replace('a', 'b')}`, token, `Basic ${token}`];
  for (const authorization of wrong) {
    const answer = await ask(guarded, authorization ? { authorization } : {});
    expect(answer.status).toBe(401);
    expect(apiErrorSchema.parse(await answer.json()).remedy).toContain('UNLABEL_TOKEN');
  }
  expect((await ask(guarded, { authorization: `Bearer ${token}` })).status).toBe(200);
});

test.each(['https://evil.example', 'http://127.0.0.1:9999', 'null', 'not an address', 'http://', ''])(
  'a page of origin "%s" is answered 403',
  async (origin) => {
    for (const [settings, headers] of [
      [open, {}],
      [guarded, { authorization: `Bearer ${token}` }],
    ] as const) {
      const answer = await ask(settings, { ...headers, origin });
      expect(answer.status).toBe(403);
      apiErrorSchema.parse(await answer.json());
    }
  },
);

test('control’s own pages are let in', async () => {
  for (const address of ['http://127.0.0.1:4280', 'http://localhost:4280', 'http://[::1]:4280'])
    expect((await ask(open, { origin: address }, `${address}/`)).status).toBe(200);
});

test('a foreign name that was made to resolve to this machine is refused where no token guards', async () => {
  const rebound = 'http://evil.example:4280';
  expect((await ask(open, { origin: rebound }, `${rebound}/`)).status).toBe(403);
  expect((await ask(open, {}, `${rebound}/`)).status).toBe(403);
  expect((await ask(guarded, { authorization: `Bearer ${token}` }, `${rebound}/`)).status).toBe(200);
});
