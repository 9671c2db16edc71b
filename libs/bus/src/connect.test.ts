import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { connectionOptions, shownUrl } from './connect.ts';

const address = (url: string) => connectionOptions({ url, name: 'test' });

test('reads hosts, user and password, token and TLS from the URL', () => {
  expect(address('nats://a:1,nats://b:2').servers).toEqual(['a:1', 'b:2']);
  expect(address('nats://joe:p%40ss@a:1')).toMatchObject({ servers: ['a:1'], user: 'joe', pass: 'p@ss' });
  expect(address('nats://secret@a:1')).toMatchObject({ token: 'secret' });
  expect(address('tls://a:1').tls).toEqual({});
  expect(address('nats://a:1').tls).toBeUndefined();
});

test('never gives up reconnecting', () => {
  expect(address('nats://a:1')).toMatchObject({ maxReconnectAttempts: -1, reconnectTimeWait: 200 });
});

test.each(['localhost:4222', 'http://a:1', 'nats://', ''])(
  'refuses the address "%s" and says what one looks like',
  (url) => {
    expect(() => address(url)).toThrow(UsageError);
    expect(() => address(url)).toThrow('must be nats://host:port or tls://host:port');
  },
);

test('a secret is not shown', () => {
  expect(shownUrl('nats://joe:pass@a:1,tls://t@b:2')).toBe('nats://***@a:1,tls://***@b:2');
  expect(() => address('http://joe:pass@a:1')).toThrow('//***@a:1');
});

test('names credentials that are not readable', () => {
  expect(() => connectionOptions({ url: 'nats://a:1', name: 'x', credentials: '/nowhere.creds' })).toThrow(
    '/nowhere.creds',
  );
});
