import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '../../..');

export type ServiceName = 'control' | 'ingest' | 'augment' | 'pretrain' | 'probe';

/** A service as a process of its own, as an operator starts it. */
export interface ServiceProcess {
  name: ServiceName;
  pid: number;
  /** What it has printed. */
  output(): string;
  /** Resolves when it has ended, however. */
  ended: Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
}

const readyWithinMs = 60_000;

/** Starts a service by hand and waits until it takes work. */
export async function startService(name: ServiceName, env: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [join(root, 'apps', name, 'src/main.ts')], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const deadline = performance.now() + readyWithinMs;
  while (!output.includes('"state":"running"')) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}:\n${output.slice(-2000)}`);
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${name} was not ready within ${readyWithinMs} ms:\n${output.slice(-2000)}`);
    }
    await sleep(20);
  }
  return {
    name,
    pid: child.pid as number,
    output: () => output,
    ended: exited.then(() => undefined),
    ...endings(child, exited),
  };
}

function endings(child: ChildProcess, exited: Promise<[number | null]>): Pick<ServiceProcess, 'kill' | 'stop'> {
  return {
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
  };
}
