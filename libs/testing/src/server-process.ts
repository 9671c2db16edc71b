import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, openSync, closeSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

import { UnlabelError } from '#lib/contracts';

/** Servers of this process that still run: none outlives it, unless it is killed itself. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * The binary that an environment variable names.
 * @throws UnlabelError with the remedy: a test that needs a server fails without it, it is never skipped
 */
export function serverBinary(variable: string, remedy: string): string {
  const path = process.env[variable];
  if (!path) throw new UnlabelError(`${variable} is not set: this test needs that server`, { remedy });
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new UnlabelError(`${variable} names ${path}, which is no program`, { remedy, cause });
  }
  return path;
}

export interface ServerProcess {
  readonly pid: number;
  /** whether the process has ended */
  ended(): boolean;
  /** SIGTERM, and SIGKILL if it has not ended after `limitMs` */
  stop(limitMs?: number): Promise<void>;
  /** SIGKILL: nothing is flushed */
  kill(): Promise<void>;
}

/** Starts a server whose output goes to a file. */
export function startProcess(
  binary: string,
  parameters: readonly string[],
  options: { logFile: string; env?: NodeJS.ProcessEnv },
): ServerProcess {
  const log = openSync(options.logFile, 'a');
  const child = spawn(binary, parameters, {
    stdio: ['ignore', log, log],
    ...(options.env ? { env: options.env } : {}),
  });
  closeSync(log);
  running.add(child);
  child.once('error', () => running.delete(child));
  child.once('exit', () => running.delete(child));
  const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const end = async (signal: NodeJS.Signals, limitMs: number): Promise<void> => {
    if (ended()) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), limitMs);
    await exited.finally(() => clearTimeout(late));
  };
  return {
    get pid() {
      return child.pid ?? -1;
    },
    ended,
    stop: (limitMs = 10_000) => end('SIGTERM', limitMs),
    kill: () => end('SIGKILL', 10_000),
  };
}

/**
 * Asks until `ready` answers something.
 * @throws with the end of the server's log when the process ends before, or takes longer than `limitMs`
 */
export async function untilReady<T>(
  server: ServerProcess,
  ready: () => Promise<T | undefined>,
  { name, logFile, limitMs = 30_000 }: { name: string; logFile: string; limitMs?: number },
): Promise<T> {
  const started = performance.now();
  for (;;) {
    const answer = await ready().catch(() => undefined);
    if (answer !== undefined) return answer;
    const late = performance.now() - started > limitMs;
    if (late || server.ended()) {
      await server.kill();
      const log = readFileSync(logFile, 'utf8').slice(-2000);
      throw new Error(
        `${name} ${late ? `was not ready within ${limitMs} ms` : 'ended at once'}. Its log ends:\n${log}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Below what systems give to outgoing connections: one of those would take the port of a server that restarts. */
const portsOfServers = { from: 10_000, to: 32_768 };

/** Free ports of 127.0.0.1 that stay free, for servers that can't report one they picked, or that restart. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(portsOfServers.from, portsOfServers.to);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (listens) await once(server.close(), 'close');
  return listens;
}
