import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type S3Server, startS3Server, startVersitygw } from '#lib/testing';

import { storeContract } from './contract.ts';
import { openS3Store, s3Client } from './s3.ts';
import { StorageError } from './storage-error.ts';
import { waitingStore } from './waiting.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const storeAt = ({ env, bucket }: Pick<S3Server, 'env' | 'bucket'>, prefix: string) => {
  // The credentials are read from the process's environment when the first request is signed.
  Object.assign(process.env, env);
  return openS3Store({ bucket, prefix, client: s3Client(process.env) });
};
const opened = (server: S3Server, prefix: string) => ({
  store: storeAt(server, prefix),
  other: storeAt(server, prefix),
  close: async () => server[Symbol.asyncDispose](),
});

// Contended conditional writes on weed wait in steps of about a second: one round, long limits.
storeContract('s3 on weed mini', async () => opened(await startS3Server(), 'contract/a'), {
  racers: 50,
  rounds: 1,
  timeoutMs: 120_000,
});

// versitygw needs a Go build, so it is tested where its program is; where it must be, its absence fails.
if (process.env['UNLABEL_VERSITYGW'] || process.env['UNLABEL_REQUIRE_VERSITYGW'] === '1')
  storeContract('s3 on versitygw', async () => opened(await startVersitygw(), ''), { timeoutMs: 60_000 });

describe('s3 store', { timeout: 120_000 }, () => {
  let server: S3Server | undefined;
  const running = (): S3Server => server ?? expect.unreachable('the server was not started');
  beforeAll(async () => {
    server = await startS3Server();
  }, 60_000);
  afterAll(async () => server?.[Symbol.asyncDispose]());

  test('a prefix hides what lies outside it', async () => {
    const [a, b] = [storeAt(running(), 'stores/a'), storeAt(running(), 'stores/b')];
    await a.create('x.json', text('of a'));
    expect(await b.get('x.json')).toBeUndefined();
    for await (const { key } of b.list('')) expect.unreachable(key);
    expect(await storeAt(running(), 'stores').head('a/x.json')).toMatchObject({ sizeBytes: 4 });
    expect(a.describe()).toBe(`s3://${running().bucket}/stores/a`);
  });

  test('what was written is there after the server was killed, and a waiting store waits for the server', async () => {
    const waits: string[] = [];
    const store = waitingStore(storeAt(running(), 'away'), {
      signal: new AbortController().signal,
      onWait: ({ operation, key, error }) => waits.push(`${operation} ${key}: ${error.message}`),
    });
    await store.create('before.json', text('before'));
    await running().kill();
    const reading = store.get('before.json');
    const writing = store.create('during.json', text('during'));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(waits.length).toBeGreaterThan(0);
    await running().restart();
    expect(new TextDecoder().decode((await reading)?.bytes)).toBe('before');
    expect(await writing).toBe('created');
    expect(waits.join('\n')).toMatch(/create during\.json: .*ECONNREFUSED.*\[bucket=.*, key=away\/during\.json\]/);
  });

  test('a wrong secret is an error with a remedy, and is not waited for', async () => {
    const { env, bucket } = running();
    const store = storeAt({ env: { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' }, bucket }, 'secret');
    const error = await store.create('a.json', text('a')).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({
      transient: false,
      remedy: expect.stringContaining('AWS_SECRET_ACCESS_KEY') as string,
    });
  });
});
