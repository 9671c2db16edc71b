import { expect, test } from 'vitest';

import { createIndexClient } from './index-client.ts';
import { startLoopback } from './loopback-server.ts';
import { netrcLogin } from './netrc.ts';

const get = createIndexClient({ indexUrls: [], trustedHosts: [] }, {});
const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;

test('a login goes to its own host, and not to the one of a redirect', async () => {
  const seen: (string | undefined)[] = [];
  await using files = await startLoopback((request, response) => {
    seen.push(request.headers.authorization);
    response.end('ok');
  });
  await using index = await startLoopback((request, response) => {
    seen.push(request.headers.authorization);
    const location = request.url === '/a' ? '/b' : `${files.url}/c`;
    response.writeHead(302, { location }).end();
  });
  const { response, url } = await get(`http://me:p%40ss@127.0.0.1:${index.port}/a`);
  response.resume();
  expect(url).toBe(`${files.url}/c`);
  expect(seen).toEqual([basic, basic, undefined]);
});

test('an endless redirect ends with its host named', async () => {
  await using server = await startLoopback((_request, response) => response.writeHead(302, { location: '/' }).end());
  await expect(get(server.url)).rejects.toThrow(`127.0.0.1:${server.port}: more than 8 redirects`);
});

test('netrc gives the entry of the host, else the default one', () => {
  const text = 'machine a.test login ann password one\ndefault login any password two';
  expect(netrcLogin(text, 'a.test')).toBe('ann:one');
  expect(netrcLogin(text, 'b.test')).toBe('any:two');
  expect(netrcLogin('machine a.test login ann password one', 'b.test')).toBeUndefined();
});
