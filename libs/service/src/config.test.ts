import { expect, test } from 'vitest';

import { readConfig } from './config.ts';

const good = { NATS_URL: 'nats://127.0.0.1:4222', UNLABEL_STORAGE: 'file:///tmp/x' };

test('fills in defaults and splits lists', () => {
  expect(readConfig({ ...good, UNLABEL_METHODS: 'mae, simsiam' })).toMatchObject({
    logLevel: 'info',
    host: '127.0.0.1',
    methods: ['mae', 'simsiam'],
    ackWaitMs: 30_000,
  });
});

test.each([
  [{ ...good, NATS_URL: '' }, 'NATS_URL: is not set'],
  [{ ...good, UNLABEL_STORAGE: 'ftp://x' }, 'UNLABEL_STORAGE: "ftp://x" is not allowed: a file:// or s3:// address'],
  [{ ...good, UNLABEL_LOG: 'loud' }, 'UNLABEL_LOG: "loud" is not allowed'],
  [{ ...good, UNLABEL_PORT: '70000' }, 'UNLABEL_PORT: "70000" is not allowed'],
  [{ ...good, UNLABEL_TOKEN: 'short' }, 'UNLABEL_TOKEN'],
])('names the variable, what arrived and what is allowed: %j', (env, message) => {
  expect(() => readConfig(env)).toThrow(message);
});
