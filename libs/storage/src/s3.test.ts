import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { openS3Store, type S3StoreOptions, s3Client } from './s3.ts';
import { StorageError } from './storage-error.ts';

type Answer = { input: Record<string, unknown>; name: string };
const bytes = new TextEncoder().encode('bytes');

/** A client that answers from a script: what neither test server does (409, a lost reply) is played here. */
function scripted(...answers: ((request: Answer) => unknown)[]) {
  const requests: Answer[] = [];
  const send = async (command: { input: Record<string, unknown>; constructor: { name: string } }) => {
    const request = { input: command.input, name: command.constructor.name.replace('Command', '') };
    requests.push(request);
    const answer = answers.shift();
    if (!answer) throw new Error(`unexpected ${request.name}`);
    return answer(request);
  };
  const client = { send } as unknown as NonNullable<S3StoreOptions['client']>;
  return { store: openS3Store({ bucket: 'bucket', prefix: 'p', client }), requests };
}

function fails(name: string, status?: number, attempts = 1) {
  return () => {
    throw Object.assign(new Error(`${name} happened`), {
      name,
      $metadata: { ...(status === undefined ? {} : { httpStatusCode: status }), attempts },
    });
  };
}

test('s3 create: 412 at the first attempt means that the object exists, without another request', async () => {
  const { store, requests } = scripted(fails('PreconditionFailed', 412));
  expect(await store.create('a.json', bytes)).toBe('exists');
  expect(requests).toHaveLength(1);
  expect(requests[0]?.input).toMatchObject({ Bucket: 'bucket', Key: 'p/a.json', IfNoneMatch: '*' });
});

test('s3 create: 412 for the repetition of a write whose reply was lost is that write, by its mark', async () => {
  let mark: unknown;
  const { store } = scripted(
    (request) => {
      mark = request.input['Metadata'];
      return fails('PreconditionFailed', 412, 2)();
    },
    () => ({ Metadata: mark, ETag: '"v"' }),
  );
  expect(await store.create('a.json', bytes)).toBe('created');
});

test("s3 create: 412 after a repetition is lost when the object carries another writer's mark, or is gone", async () => {
  const other = () => ({ Metadata: { 'unlabel-writer': 'someone else' }, ETag: '"v"' });
  const lost = fails('PreconditionFailed', 412, 3);
  expect(await scripted(lost, other).store.create('a.json', bytes)).toBe('exists');
  expect(await scripted(lost, fails('NotFound', 404)).store.create('a.json', bytes)).toBe('exists');
});

test('s3 create: 409 ConditionalRequestConflict decides nothing and is asked again', async () => {
  const conflict = fails('ConditionalRequestConflict', 409);
  const { store, requests } = scripted(conflict, conflict, () => ({ ETag: '"v"' }));
  expect(await store.create('a.json', bytes)).toBe('created');
  expect(requests).toHaveLength(3);
});

test('s3 create: a conflict that does not end is an error that waiting can help', async () => {
  const conflicts = Array.from({ length: 20 }, () => fails('ConditionalRequestConflict', 409));
  await expect(scripted(...conflicts).store.create('a.json', bytes)).rejects.toMatchObject({ transient: true });
}, 30_000);

test.each([
  ['PreconditionFailed', 412],
  ['NoSuchKey', 404],
])('s3 replace: %s (%i) is lost', async (name, status) => {
  const { store, requests } = scripted(fails(name, status));
  expect(await store.replace('a.json', bytes, '"old"')).toBeUndefined();
  expect(requests[0]?.input).toMatchObject({ IfMatch: '"old"' });
});

test('s3 replace: a lost reply gives the version that was written', async () => {
  let mark: unknown;
  const { store } = scripted(
    (request) => {
      mark = request.input['Metadata'];
      return fails('PreconditionFailed', 412, 2)();
    },
    () => ({ Metadata: mark, ETag: '"new"' }),
  );
  expect(await store.replace('a.json', bytes, '"old"')).toBe('"new"');
});

test.each([
  ['SlowDown', 503, true],
  ['InternalError', 500, true],
  ['TimeoutError', undefined, true],
  ['RequestTimeTooSkewed', 403, true],
  ['AccessDenied', 403, false],
  ['NoSuchBucket', 404, false],
])('s3 get: %s (%s) is an error with its place, transient: %s', async (name, status, transient) => {
  const error = await scripted(fails(name, status))
    .store.get('a.json')
    .catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({ transient });
  expect((error as Error).message).toMatch(/\[bucket=bucket, key=p\/a\.json\]$/);
});

test.each([
  ['Unknown', true],
  ['AccessDenied', false],
])('s3 head: %s after a clock was corrected is waited for: %s', async (name, transient) => {
  const refused = () => {
    const $metadata = { httpStatusCode: 403, clockSkewCorrected: true };
    throw Object.assign(new Error(name), { name, $metadata });
  };
  await expect(scripted(refused).store.head('a.json')).rejects.toMatchObject({ transient });
});

test('s3 list: a listing that was cut without saying how to go on is an error, not a short list', async () => {
  const { store } = scripted(() => ({ Contents: [{ Key: 'p/a', Size: 1 }], IsTruncated: true }));
  const listing = (async () => {
    for await (const { key } of store.list('')) expect(key).toBe('a');
  })();
  await expect(listing).rejects.toThrow(/cut listing/);
});

test('s3 store: refuses a prefix that could not be a key', () => {
  expect(() => openS3Store({ bucket: 'bucket', prefix: 'a//b' })).toThrow(UsageError);
});

test('s3 client: uses path-style addresses for a server of one’s own and bucket names for AWS', async () => {
  expect(s3Client({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }).config.forcePathStyle).toBe(true);
  expect(s3Client({}).config.forcePathStyle).toBe(false);
  expect(await s3Client({ AWS_DEFAULT_REGION: 'eu-central-1' }).config.region()).toBe('eu-central-1');
});

test('s3 client: takes the keys of the environment that it is given', async () => {
  const keys = { AWS_ACCESS_KEY_ID: 'one', AWS_SECRET_ACCESS_KEY: 'two', AWS_SESSION_TOKEN: 'three' };
  const { credentials } = s3Client(keys).config;
  expect(await credentials()).toMatchObject({ accessKeyId: 'one', secretAccessKey: 'two', sessionToken: 'three' });
});

test('s3 client: refuses a time without a byte that is none, by its variable', () => {
  expect(() => s3Client({ UNLABEL_S3_IDLE_MS: 'soon' })).toThrow('UNLABEL_S3_IDLE_MS: "soon" is not allowed');
});

function clientOf(port: number, idleTimeoutMs?: number) {
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const idle = idleTimeoutMs === undefined ? {} : { UNLABEL_S3_IDLE_MS: String(idleTimeoutMs) };
  return s3Client({ ...keys, ...idle, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
}

/** A store on a server that answers every request with this text, and then says nothing more. */
async function silentAfter(answer: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('data', () => socket.write(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = clientOf(port, 200);
  return {
    store: openS3Store({ bucket: 'bucket', prefix: '', client }),
    asked: () => sockets.size,
    [Symbol.dispose]() {
      client.destroy();
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test.each([
  ['never answers', ''],
  ['stops in the middle of a body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: "v"\r\n\r\nonly this'],
])('s3 get: a server that %s is an error that waiting can help, not a hang', async (_, answer) => {
  using silent = await silentAfter(answer);
  await expect(silent.store.get('a.json')).rejects.toMatchObject({
    name: 'StorageError',
    transient: true,
    message: expect.stringMatching(/timed out after 200 ms|aborted/) as string,
  });
  expect(silent.asked()).toBeGreaterThan(0);
});

test('s3 get: a server that is not there is an error with its code, key and remedy', async () => {
  const client = clientOf(1);
  const error = await openS3Store({ bucket: 'bucket', prefix: '', client })
    .get('a.json')
    .catch((cause: unknown) => cause);
  expect(error).toMatchObject({ transient: true, remedy: expect.stringContaining('AWS_ENDPOINT_URL') as string });
  expect((error as Error).message).toMatch(/ECONNREFUSED.*\[bucket=bucket, key=a\.json\]/);
});
