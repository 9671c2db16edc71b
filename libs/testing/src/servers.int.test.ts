import { existsSync } from 'node:fs';
import { connect } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { startNatsServer } from './nats-server.ts';
import { startS3Server } from './s3-server.ts';
import { freePorts } from './server-process.ts';

const before = process.env['UNLABEL_NATS_SERVER'];
afterEach(() => {
  process.env['UNLABEL_NATS_SERVER'] = before;
});

/** The line with which a nats-server greets. */
function greeting(port: number): Promise<{ jetstream?: boolean; port?: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    socket.once('error', reject);
    socket.once('data', (line) => {
      socket.destroy();
      resolve(JSON.parse(String(line).replace('INFO ', '')) as { jetstream?: boolean });
    });
  });
}

test('ports of servers are free, and none is lent to an outgoing connection while a server is away', async () => {
  const ports = await freePorts(30);
  expect(new Set(ports).size).toBe(30);
  const lent = 32_768; // where Linux begins; others begin higher
  expect(Math.max(...ports)).toBeLessThan(lent);
  for (const port of ports) await expect(greeting(port)).rejects.toThrow(/ECONNREFUSED/);
});

test('nats-server has JetStream, keeps its port over kill and restart, and leaves no folder', async () => {
  let dir = '';
  {
    await using server = await startNatsServer();
    dir = server.dir;
    expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
    expect(await greeting(server.port)).toMatchObject({ jetstream: true, port: server.port });
    await server.kill();
    await expect(greeting(server.port)).rejects.toThrow(/ECONNREFUSED/);
    await server.restart();
    expect(await greeting(server.port)).toMatchObject({ jetstream: true, port: server.port });
  }
  expect(existsSync(dir)).toBe(false);
});

test('nats-server takes more configuration, and a wrong one ends with its own message', async () => {
  await using server = await startNatsServer({ config: 'authorization { token: "t" }' });
  expect(await greeting(server.port)).toMatchObject({ auth_required: true });
  await expect(startNatsServer({ config: 'nonsense: {' })).rejects.toThrow(
    /nats-server ended at once(.|\n)*parse error/i,
  );
});

test('two S3 servers run side by side, each with its bucket', async () => {
  await using first = await startS3Server();
  await using second = await startS3Server();
  expect(first.endpoint).not.toBe(second.endpoint);
  for (const { endpoint, bucket, env } of [first, second]) {
    expect(env.AWS_ENDPOINT_URL).toBe(endpoint);
    const anonymous = await fetch(`${endpoint}/${bucket}/`);
    expect(anonymous.status).toBe(403);
  }
});

test('a missing server program is an error that says how to get it, never a skip', async () => {
  delete process.env['UNLABEL_NATS_SERVER'];
  await expect(startNatsServer()).rejects.toMatchObject({ remedy: expect.stringContaining('npm run setup') as string });
  process.env['UNLABEL_NATS_SERVER'] = '/absent/nats-server';
  await expect(startNatsServer()).rejects.toThrow(/\/absent\/nats-server, which is no program/);
});
