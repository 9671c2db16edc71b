// Runs one local stack: nats-server and the services, each a child that is started again when it ends. It is detached
// from the command that started it, holds the folder's lock while it lives, and ends everything on SIGTERM.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ControlClient } from '#lib/client';
import type { Stack } from '#lib/contracts';

import { Child } from './child.ts';
import { freePort } from './free-port.ts';
import { endOrphans } from './orphans.ts';
import { home, root, type StackPaths, stackPaths } from './paths.ts';
import { readStack, removeStack, takeLock, writeStack } from './stack-file.ts';

/** Longer than a service takes to drain at most. */
const graceMs = 35_000;
/** Where control listens if the port is free. */
const controlPort = Number(process.env['UNLABEL_PORT']) || 4280;

async function main(): Promise<void> {
  const paths = stackPaths(home());
  await mkdir(paths.folder, { recursive: true });
  const lock = await takeLock(paths);
  if (!lock) return; // another one lives: whoever started this process joins that one
  const dead = await readStack(paths).catch(() => undefined);
  if (dead) await endOrphans(dead);
  await removeStack(paths);
  await run(paths);
  lock.close();
}

interface Service {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  ipc: boolean;
}
/** Starts a child, which ends with the stack or when it is told to. */
type Start = (options: Service) => { stop(): Promise<void> };

async function run(paths: StackPaths): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const stack: Stack = {
    format: 'unlabel.stack',
    version: 1,
    supervisorPid: process.pid,
    nonce: randomUUID(),
    control: '', // nobody joins before it answers, but whoever takes over must know the children
    nats: '',
    storage: paths.storage,
    startedAt: new Date().toISOString(),
    children: [],
  };
  const children: Child[] = [];
  let isStopping = false;
  let written = Promise.resolve();
  const onChange = () => {
    written = written.then(async () => {
      if (isStopping) return;
      stack.children = children.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }]));
      await writeStack(paths, stack).catch(complain); // written again at the next change
    });
  };
  const start: Start = (options) => {
    const child = new Child({ ...options, logs: paths.logs, onChange });
    if (!isStopping) {
      children.push(child);
      child.start();
    }
    const stop = async () => {
      if (children.includes(child)) children.splice(children.indexOf(child), 1);
      await child.stop(graceMs);
    };
    return { stop };
  };
  try {
    await Promise.race([startAll(paths, stack, start, onChange), stopped]);
    await stopped;
  } finally {
    isStopping = true;
    await written;
    await removeStack(paths); // from here on nobody joins
    const [natsServer, ...rest] = children; // the server goes last: services hand their jobs back through it
    await Promise.all(rest.map((child) => child.stop(graceMs)));
    await natsServer?.stop(graceMs);
  }
}

async function startAll(paths: StackPaths, stack: Stack, start: Start, onChange: () => void): Promise<void> {
  const { UNLABEL_PORT: _port, ...surroundings } = process.env; // it is control's; a worker that took it, too, could not listen
  const env = { ...surroundings, UNLABEL_STACK: stack.nonce };
  stack.nats = await startNats(paths, env, start);
  const serviceEnv = { ...env, NATS_URL: stack.nats, UNLABEL_STORAGE: paths.storage, UNLABEL_SUPERVISED: '1' };
  const service = (name: string, app: string, extra: NodeJS.ProcessEnv = {}): Service => ({
    name,
    command: process.execPath,
    args: [join(root, 'apps', app, 'src/main.ts')],
    env: { ...serviceEnv, ...extra },
    ipc: true,
  });
  for (const { name, app } of workers()) start(service(name, app));
  stack.control = await startControl(paths, (port) =>
    start(service('control', 'control', { UNLABEL_PORT: String(port), UNLABEL_HOST: '127.0.0.1' })),
  );
  onChange();
}

/** Starts control on its port, or on another one where a stack that starts at the same moment was faster. @returns its address */
async function startControl(paths: StackPaths, start: (port: number) => ReturnType<Start>): Promise<string> {
  for (let wanted: number | undefined = controlPort; ; wanted = undefined) {
    const port = await freePort(wanted);
    const child = start(port);
    const address = `http://127.0.0.1:${port}`;
    if ((await storageServed(address)) === paths.storage) return address;
    await child.stop(); // another stack's control has the port
  }
}

/** The services beside control; augment gets one process for every four cores, since training needs the rest. */
function workers(): { name: string; app: string }[] {
  const augments = Math.max(1, Math.floor(availableParallelism() / 4));
  return [
    { name: 'ingest', app: 'ingest' },
    ...Array.from({ length: augments }, (_, n) => ({ name: `augment-${n + 1}`, app: 'augment' })),
    { name: 'pretrain', app: 'pretrain' },
    { name: 'probe', app: 'probe' },
  ];
}

/** Starts nats-server and waits for the file in which it says its port; after a crash it gets the same port. */
async function startNats(paths: StackPaths, env: NodeJS.ProcessEnv, start: Start): Promise<string> {
  const ports = join(paths.folder, 'nats-ports');
  await rm(ports, { recursive: true, force: true });
  await mkdir(ports, { recursive: true });
  const port = await freePort();
  const args = ['-a', '127.0.0.1', '-js', '-sd', paths.nats, '-p', String(port), '--ports_file_dir', ports];
  start({ name: 'nats-server', command: process.env['UNLABEL_NATS_SERVER'] ?? 'nats-server', args, env, ipc: false });
  const deadline = performance.now() + 30_000;
  for (;;) {
    const [file] = await readdir(ports);
    const text = file ? await readFile(join(ports, file), 'utf8') : '';
    if (text.trim() !== '') return `nats://127.0.0.1:${port}`;
    if (performance.now() > deadline)
      throw new Error(`nats-server did not start; see ${join(paths.logs, 'nats-server.log')}`);
    await sleep(20);
  }
}

/** Waits for the control at an address. @returns the storage that it serves */
async function storageServed(control: string): Promise<string> {
  const client = new ControlClient(control, process.env['UNLABEL_TOKEN']);
  const deadline = performance.now() + 60_000;
  for (;;) {
    const health = await client.health().catch(() => undefined);
    if (health) return health.storage;
    if (performance.now() > deadline) throw new Error(`control at ${control} does not answer`);
    await sleep(50);
  }
}

function complain(error: unknown): void {
  process.stderr.write(`supervisor: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    complain(error);
    process.exit(1);
  },
);
